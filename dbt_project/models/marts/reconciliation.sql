-- What was printed beside what was computed: a quarter that lacks the one or the other has no rows here.
with tolerances as (

    select limit_value as tolerance_pct
    from {{ ref('check_rules') }}
    where check_id = 'reconciliation_within_tolerance'

),

masked_departments as (

    select distinct
        region_code,
        quarter,
        measure,
        department_code,
        true as is_masked
    from {{ ref('department_answers') }}
    where is_suppressed

),

compared as (

    select
        published.*,
        computed.figure_pct as computed_pct,
        cast(computed.figure_pct - published.published_pct as decimal(5, 2)) as difference_pct,
        computed.figure_count as computed_count,
        measures.answered_count,
        computed.figure_pct is null and masked_departments.is_masked as is_masked,
        tolerances.tolerance_pct
    from {{ ref('int_published_figures') }} as published
    cross join tolerances
    inner join {{ ref('int_region_quarters') }} as region_quarters using (region_code, quarter)
    left join {{ ref('int_annex_figures') }} as computed
        using (region_code, quarter, measure, department_code, figure)
    left join {{ ref('int_department_measures') }} as measures
        using (region_code, quarter, measure, department_code)
    left join masked_departments using (region_code, quarter, measure, department_code)
    where region_quarters.has_cases

),

judged as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        measure,
        figure,
        computed_pct,
        published_pct,
        difference_pct,
        computed_count,
        published_count,
        case
            when computed_pct = published_pct or computed_count = published_count then 'equal'
            when is_masked and published_pct is not null then 'suppressed'
            -- the notice prints 0.00 where nobody was asked; here that is NULL
            when answered_count = 0 and published_pct = 0 then 'unsampled'
            when abs(difference_pct) <= tolerance_pct then 'adjusted'
            else 'different'
        end as status
    from compared

)

select * from judged
