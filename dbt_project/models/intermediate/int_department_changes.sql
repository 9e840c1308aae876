-- The change on the calendar quarter before, as released. It is a statement about the department, so its interval is
-- made without the finite-population correction: with it, 10 of 11 after 11 of 11 would be a significant fall.
with pairs as (

    select
        measures.*,
        previous.previous_revision,
        previous.answered_count as previous_answered_count,
        previous.rate as previous_rate,
        case
            when breaks.department_code is not null then 'break_in_series'
            -- no row, or nobody answered then
            when previous.rate is null then 'no_previous'
            when previous.measure_definition != measures.measure_definition then 'break_in_series'
            when measures.rate is null then 'no_current'
            when measures.answered_count is null or previous.answered_count is null then 'counts_unknown'
            else 'compared'
        end as change_status,
        rules.z_value
    from {{ ref('int_department_measures') }} as measures
    left join {{ ref('int_previous_rates') }} as previous using (region_code, quarter, measure, department_code)
    left join {{ ref('int_series_breaks') }} as breaks using (region_code, quarter, department_code)
    left join {{ ref('inference_settings') }} as rules on {{ is_valid_in('rules', 'measures.quarter') }}

),

limited as (

    select
        *,
        -- a keyword in some dialect, and the word for it
        case when change_status = 'compared' then rate - previous_rate end as change, -- noqa: RF04
        {{ wilson_low('rate', 'answered_count', 'z_value') }} as low,
        {{ wilson_high('rate', 'answered_count', 'z_value') }} as high,
        {{ wilson_low('previous_rate', 'previous_answered_count', 'z_value') }} as previous_low,
        {{ wilson_high('previous_rate', 'previous_answered_count', 'z_value') }} as previous_high
    from pairs

),

enclosed as (

    select
        *,
        change - {{ newcombe_distance('rate', 'low', 'previous_rate', 'previous_high') }} as change_ci_low,
        change + {{ newcombe_distance('rate', 'high', 'previous_rate', 'previous_low') }} as change_ci_high
    from limited

),

changes as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        previous_revision,
        previous_rate,
        change_status,
        change,
        change_ci_low,
        change_ci_high,
        change_ci_low > 0e0 or change_ci_high < 0e0 as is_significant_change
    from enclosed

)

select * from changes
