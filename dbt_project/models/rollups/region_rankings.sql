-- Regions of one level below one parent, ranked by each form of their rate, as printed: what prints alike ranks alike.
with figures as (

    {% for basis in ['department_mean', 'region_mean'] %}
        select
            made_from,
            region_code,
            quarter,
            measure,
            measure_definition,
            '{{ basis }}' as basis,
            {{ basis }}_pct as value_pct,
            quarter as first_quarter,
            is_covered as is_complete
        from {{ ref('int_region_figures') }}
        union all
    {% endfor %}
    select
        made_from,
        region_code,
        quarter,
        measure,
        measure_definition,
        'frame_weighted' as basis,
        {{ average_pct('weighted_hundredths', 'rated_frame_count') }} as value_pct,
        quarter as first_quarter,
        is_covered as is_complete
    from {{ ref('int_region_figures') }}
    {% for basis in ['pooled', 'department_mean', 'region_mean', 'frame_weighted'] %}
        union all
        select
            made_from,
            region_code,
            quarter,
            measure,
            measure_definition,
            'rolling_{{ basis }}' as basis,
            {{ basis }}_pct as value_pct,
            first_quarter,
            is_complete
        from {{ ref('region_rolling_rates') }}
    {% endfor %}

),

surveyed as (

    select
        'survey' as made_from,
        region_code
    from {{ ref('dim_regions') }}
    where is_survey_region
    union
    select
        'districts' as made_from,
        ancestor_code as region_code
    from {{ ref('int_district_ancestors') }}
    where is_survey_region

),

siblings as (

    select
        surveyed.made_from,
        regions.parent_region_code,
        regions.region_level,
        count(*) as sibling_count
    from surveyed
    inner join {{ ref('dim_regions') }} as regions using (region_code)
    group by surveyed.made_from, regions.parent_region_code, regions.region_level

),

placed as (

    select
        figures.*,
        regions.region_name,
        regions.region_level,
        regions.parent_region_code,
        -- a figure of part of the districts or of the year is no rival of a whole one
        figures.is_complete and figures.value_pct is not null as is_ranked,
        rank() over (ranking order by figures.value_pct desc) as place,
        count(*) over ranking as ranked_region_count
    from figures
    inner join {{ ref('dim_regions') }} as regions using (region_code)
    -- only a roll-up has a mean over regions
    where figures.made_from = 'districts' or figures.basis not in ('region_mean', 'rolling_region_mean')
    window ranking as (
        partition by
            is_ranked, regions.parent_region_code, regions.region_level, figures.made_from, figures.quarter,
            figures.measure, figures.measure_definition, figures.basis
    )

),

ranked as (

    select
        placed.region_code,
        placed.region_name,
        placed.region_level,
        placed.parent_region_code,
        placed.made_from,
        placed.quarter,
        placed.measure,
        placed.measure_definition,
        placed.basis,
        placed.value_pct,
        placed.is_complete,
        -- alone, a region is neither first nor last
        case when placed.is_ranked and placed.ranked_region_count > 1 then placed.place end as region_rank,
        case when placed.is_ranked then placed.ranked_region_count end as ranked_region_count,
        greatest(
            coalesce(siblings.sibling_count, 0),
            case when placed.region_level = 'district' then coalesce(parents.district_count, 0) else 0 end
        ) as sibling_count,
        placed.first_quarter
    from placed
    left join siblings
        on
            placed.made_from = siblings.made_from
            and placed.parent_region_code is not distinct from siblings.parent_region_code
            and placed.region_level = siblings.region_level
    left join {{ ref('dim_regions') }} as parents on placed.parent_region_code = parents.region_code

)

select * from ranked
