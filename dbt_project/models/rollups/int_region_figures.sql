-- A region's quarter, from its own survey or from the districts below it, in all forms of a mean.
with members as (

    select distinct
        'survey' as made_from,
        region_code,
        region_code as member_code
    from {{ ref('region_rates') }}
    union all
    select
        'districts' as made_from,
        ancestor_code as region_code,
        region_code as member_code
    from {{ ref('int_district_ancestors') }}

),

expected as (

    select
        ancestor_code as region_code,
        count(*) as expected_region_count
    from {{ ref('int_district_ancestors') }}
    where is_survey_region
    group by ancestor_code

),

over_departments as (

    select
        members.made_from,
        members.region_code,
        rates.quarter,
        rates.measure,
        count(distinct rates.measure_definition) as definition_count,
        min(rates.measure_definition) as measure_definition,
        count(*) as department_count,
        count(rates.rate_pct) as rated_department_count,
        -- counts are known or not: where only the annexes survive nobody knows how many answered
        case
            when count(rates.answered_count) filter (where rates.rate_pct is not null) = count(rates.rate_pct)
                then cast(coalesce(sum(rates.answered_count) filter (where rates.rate_pct is not null), 0) as bigint)
        end as answered_count,
        case
            when count(rates.success_count) filter (where rates.rate_pct is not null) = count(rates.rate_pct)
                then cast(coalesce(sum(rates.success_count) filter (where rates.rate_pct is not null), 0) as bigint)
        end as success_count,
        -- in a fixed order: the last digits of a floating-point sum depend on it
        sum(rates.rate order by rates.region_code, rates.department_code)
        / nullif(count(rates.rate), 0) as mean_rate,
        {{ average_pct('sum(' ~ hundredths('rates.rate_pct') ~ ')', 'count(rates.rate_pct)') }} as mean_pct,
        sum(
            rates.valid_frame_count * rates.rate order by rates.region_code, rates.department_code
        ) as weighted_sum,
        sum(rates.valid_frame_count * {{ hundredths('rates.rate_pct') }}) as weighted_hundredths,
        sum(rates.valid_frame_count) filter (where rates.rate_pct is not null) as rated_frame_count
    from members
    inner join {{ ref('department_rates') }} as rates on members.member_code = rates.region_code
    group by members.made_from, members.region_code, rates.quarter, rates.measure

),

over_regions as (

    select
        members.made_from,
        members.region_code,
        rates.quarter,
        rates.measure,
        count(*) as served_region_count,
        count(rates.average_pct) as rated_region_count,
        sum(rates.mean_rate order by rates.region_code) / nullif(count(rates.mean_rate), 0) as mean_rate,
        {{ average_pct('sum(' ~ hundredths('rates.average_pct') ~ ')', 'count(rates.average_pct)') }} as mean_pct
    from members
    inner join {{ ref('region_rates') }} as rates on members.member_code = rates.region_code
    group by members.made_from, members.region_code, rates.quarter, rates.measure

),

figures as (

    select
        over_departments.made_from,
        over_departments.region_code,
        over_departments.quarter,
        {{ quarter_index('over_departments.quarter') }} as quarter_index,
        over_departments.measure,
        over_departments.definition_count,
        -- what follows two definitions is no one's rate: it has neither a definition nor a figure
        over_departments.definition_count <= 1 as is_one_definition,
        case when is_one_definition then over_departments.measure_definition end as measure_definition,
        coalesce(expected.expected_region_count, 0) as expected_region_count,
        over_regions.served_region_count,
        over_regions.rated_region_count,
        regions.district_count,
        -- by the number the division really has: a register of one district does not make it the province
        over_departments.made_from = 'survey'
        or coalesce(
            over_regions.served_region_count >= regions.district_count
            and over_regions.served_region_count >= coalesce(expected.expected_region_count, 0),
            false
        ) as is_covered,
        over_departments.department_count,
        over_departments.rated_department_count,
        case when is_one_definition then over_departments.answered_count end as answered_count,
        case when is_one_definition then over_departments.success_count end as success_count,
        -- a region's own mean is the one it was released with, to the last digit
        case
            when is_one_definition
                then if(over_departments.made_from = 'survey', over_regions.mean_rate, over_departments.mean_rate)
        end as department_mean_rate,
        case
            when is_one_definition
                then if(over_departments.made_from = 'survey', over_regions.mean_pct, over_departments.mean_pct)
        end as department_mean_pct,
        case
            when is_one_definition and over_departments.made_from = 'districts' then over_regions.mean_rate
        end as region_mean_rate,
        case
            when is_one_definition and over_departments.made_from = 'districts' then over_regions.mean_pct
        end as region_mean_pct,
        case when is_one_definition then over_departments.weighted_sum end as weighted_sum,
        case when is_one_definition then over_departments.weighted_hundredths end as weighted_hundredths,
        case when is_one_definition then over_departments.rated_frame_count end as rated_frame_count
    from over_departments
    inner join over_regions using (made_from, region_code, quarter, measure)
    left join expected using (region_code)
    left join {{ ref('dim_regions') }} as regions using (region_code)

)

select * from figures
