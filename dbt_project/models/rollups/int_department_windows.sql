-- The last four calendar quarters of a department, back to where its series or the definition starts anew.
with quarters as (

    select
        *,
        {{ quarter_index('quarter') }} as quarter_index
    from {{ ref('department_rates') }}

),

series_starts as (

    select
        successor_code as department_code,
        {{ quarter_index('valid_from') }} as start_index
    from {{ ref('dim_department_successions') }}

),

last_starts as (

    select
        quarters.department_code,
        quarters.quarter_index,
        max(series_starts.start_index) as start_index
    from quarters
    inner join series_starts using (department_code)
    where series_starts.start_index <= quarters.quarter_index
    group by quarters.department_code, quarters.quarter_index

),

definition_starts as (

    select *
    from {{ ref('int_definition_starts') }}
    where made_from = 'survey'

),

windows as (

    select
        quarters.*,
        quarters.quarter_index - 3 as year_index,
        coalesce(last_starts.start_index, year_index) as series_index,
        coalesce(definition_starts.start_index, year_index) as definition_index,
        greatest(year_index, series_index, definition_index) as first_index
    from quarters
    left join last_starts using (department_code, quarter_index)
    left join definition_starts using (region_code, measure, quarter_index)

),

rolled as (

    select
        windows.region_code,
        windows.quarter,
        windows.measure,
        windows.measure_definition,
        windows.department_code,
        windows.department_name,
        count(past.rate_pct) as quarter_count,
        count(past.rate_pct) = 4 as is_complete,
        min(past.quarter) filter (where past.rate_pct is not null) as first_quarter,
        case
            when windows.first_index = windows.year_index then null
            when windows.first_index = windows.series_index then 'break_in_series'
            else 'definition_changed'
        end as shortened_by,
        case
            when count(past.answered_count) filter (where past.rate_pct is not null) = count(past.rate_pct)
                then cast(coalesce(sum(past.answered_count) filter (where past.rate_pct is not null), 0) as bigint)
        end as answered_count,
        case
            when count(past.success_count) filter (where past.rate_pct is not null) = count(past.rate_pct)
                then cast(coalesce(sum(past.success_count) filter (where past.rate_pct is not null), 0) as bigint)
        end as success_count,
        -- by how many answers each quarter has; releases from before it was known have none
        sum(
            case when past.rate_pct is not null then past.answered_count * coalesce(past.design_effect, 1e0) end
            order by past.quarter_index
        ) / nullif(sum(past.answered_count) filter (where past.rate_pct is not null), 0) as design_effect,
        sum(past.rate order by past.quarter_index) / nullif(count(past.rate), 0) as mean_rate,
        {{ average_pct('sum(' ~ hundredths('past.rate_pct') ~ ')', 'count(past.rate_pct)') }} as mean_pct
    from windows
    inner join quarters as past using (region_code, measure, department_code)
    where past.quarter_index between windows.first_index and windows.quarter_index
    group by all

),

pooled as (

    select
        region_code,
        quarter,
        measure,
        measure_definition,
        department_code,
        department_name,
        quarter_count,
        is_complete,
        first_quarter,
        shortened_by,
        answered_count,
        success_count,
        {{ rate('success_count', 'answered_count') }} as pooled_rate,
        {{ pct('success_count', 'answered_count') }} as pooled_pct,
        coalesce(design_effect, 1e0) as design_effect,
        mean_rate,
        mean_pct
    from rolled

)

select * from pooled
