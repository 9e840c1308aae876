{#- farther than any ancestor -#}
{%- set everywhere = 9 -%}

-- The definition and scale by which a region is measured in a quarter: its own period goes before that of the city,
-- this before the province's, and each of them before the general one. Landing chooses the scale by the same rule.
with candidates as (

    select
        region_quarters.region_code,
        region_quarters.quarter,
        periods.measure,
        periods.measure_definition,
        row_number() over (
            partition by region_quarters.region_code, region_quarters.quarter, periods.measure
            order by coalesce(ancestors.distance, {{ everywhere }})
        ) as choice
    from {{ ref('int_region_quarters') }} as region_quarters
    inner join {{ ref('definition_periods') }} as periods on {{ is_valid_in('periods', 'region_quarters.quarter') }}
    left join {{ ref('int_region_ancestors') }} as ancestors
        on
            region_quarters.region_code = ancestors.region_code
            and periods.region_code = ancestors.ancestor_code
    where periods.region_code is null or ancestors.ancestor_code is not null

),

definitions as (

    select
        candidates.region_code,
        candidates.quarter,
        candidates.measure,
        measures.measure_name,
        measures.question,
        candidates.measure_definition,
        definitions.definition_label,
        definitions.scale,
        measures.measure_order
    from candidates
    inner join {{ ref('measures') }} as measures using (measure)
    inner join {{ ref('measure_definitions') }} as definitions using (measure, measure_definition)
    where candidates.choice = 1

)

select * from definitions
