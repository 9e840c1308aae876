{%- set family = ['region_code', 'quarter', 'measure'] -%}

-- The change on the calendar quarter before, as released. It is a statement about the department, so its interval is
-- made without the finite-population correction: with it, 10 of 11 after 11 of 11 would be a significant fall.
with pairs as (

    select
        measures.*,
        previous.previous_revision,
        previous.answered_count as previous_answered_count,
        previous.success_count as previous_success_count,
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
        rules.z_value,
        rules.significance_level
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

-- Fisher's exact test of the two counts, in both directions: given how many succeeded in both quarters together, the
-- successes of one of them are hypergeometric. All results that are no likelier than the one found count.
questions as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        success_count,
        answered_count,
        success_count + previous_success_count as both_success_count,
        answered_count + previous_answered_count as both_answered_count
    from enclosed
    where change_status = 'compared'

),

terms as (

    select
        *,
        {{ whole_numbers(
            'greatest(0, answered_count - (both_answered_count - both_success_count))',
            'least(answered_count, both_success_count)'
        ) }} as term
    from questions

),

weighed as (

    select
        *,
        {{ hypergeometric_probability('term', 'answered_count', 'both_success_count', 'both_answered_count') }}
            as probability
    from terms

),

compared_with_found as (

    select
        *,
        max(case when term = success_count then probability end) over (
            partition by region_code, quarter, measure, department_code
        ) as found_probability
    from weighed

),

tests as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        -- as likely as the one found, but for the last digits
        least(
            1e0,
            {{ probability_sum(
                'case when probability <= found_probability * (1e0 + 1e-7) then probability else 0e0 end'
            ) }}
        ) as change_p_value
    from compared_with_found
    group by region_code, quarter, measure, department_code

),

numbered as (

    select
        enclosed.*,
        tests.change_p_value,
        {{ numbered_p_values('tests.change_p_value', family) }}
    from enclosed
    left join tests using (region_code, quarter, measure, department_code)

),

adjusted as (

    select
        *,
        {{ benjamini_hochberg('change_p_value', 'p_value_rank', 'test_count', family) }} as change_q_value
    from numbered

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
        change_p_value,
        change_q_value,
        change_q_value < significance_level as is_significant_change
    from adjusted

)

select * from changes
