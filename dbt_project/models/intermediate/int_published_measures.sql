-- Of quarters of which only the annexes survive: what these print of a department and measure, one row each.
with success_columns as (

    select
        region_code,
        quarter,
        measure,
        count(*) as column_count
    from {{ ref('int_region_annex_columns') }}
    where is_success
    group by region_code, quarter, measure

),

printed as (

    select
        figures.region_code,
        figures.quarter,
        figures.department_code,
        figures.measure,
        max(case when figures.figure = 'valid_frame_count' then figures.published_count end) as valid_frame_count,
        max(case when figures.figure = 'sample_count' then figures.published_count end) as sample_count,
        sum(case when annex_columns.is_success then figures.published_pct end) as success_pct,
        count(case when annex_columns.is_success then figures.published_pct end) as success_column_count,
        sum(figures.published_pct) as total_pct,
        count(figures.published_pct) as share_count,
        max(figures.line_count) as line_count
    from {{ ref('int_published_figures') }} as figures
    inner join {{ ref('int_region_quarters') }} as region_quarters using (region_code, quarter)
    left join {{ ref('int_region_annex_columns') }} as annex_columns using (region_code, quarter, measure, figure)
    where figures.department_code is not null and not region_quarters.has_cases
    group by figures.region_code, figures.quarter, figures.department_code, figures.measure

),

headed as (

    select
        printed.*,
        -- try_cast: a misprint beyond the type is no rate, and must not stop the other regions
        case
            when printed.success_column_count = success_columns.column_count
                then try_cast(printed.success_pct as decimal(5, 2))
        end as printed_pct
    from printed
    -- an annex of another scale has no column that counts, and a region measured so has no rate here
    left join success_columns using (region_code, quarter, measure)

),

rated as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        valid_frame_count,
        sample_count,
        printed_pct,
        -- 0.00 is printed, too, where nobody was asked (no sample) or nobody answered (every share 0.00): no rate
        case when sample_count > 0 and (total_pct > 0 or share_count = 1) then printed_pct end as rate_pct,
        cast(total_pct as decimal(7, 2)) as total_pct,
        share_count,
        line_count
    from headed

)

select * from rated
