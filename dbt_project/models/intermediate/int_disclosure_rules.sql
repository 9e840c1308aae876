{#- farther than any ancestor -#}
{%- set everywhere = 9 -%}

-- The rule that holds in a region and quarter: its own before that of the city, this before the province's, and each of
-- them before the general one.
with candidates as (

    select
        region_quarters.region_code,
        region_quarters.quarter,
        rules.is_exempt,
        rules.fewest_answers_count,
        rules.smallest_frame_count,
        rules.smallest_cell_count,
        rules.reason,
        row_number() over (
            partition by region_quarters.region_code, region_quarters.quarter
            order by coalesce(ancestors.distance, {{ everywhere }})
        ) as choice
    from {{ ref('int_region_quarters') }} as region_quarters
    inner join {{ ref('disclosure_rules') }} as rules on {{ is_valid_in('rules', 'region_quarters.quarter') }}
    left join {{ ref('int_region_ancestors') }} as ancestors
        on
            region_quarters.region_code = ancestors.region_code
            and rules.region_code = ancestors.ancestor_code
    where rules.region_code is null or ancestors.ancestor_code is not null

),

rules as (

    select
        region_code,
        quarter,
        is_exempt,
        fewest_answers_count,
        smallest_frame_count,
        smallest_cell_count,
        reason
    from candidates
    where choice = 1

)

select * from rules
