with tests as (

    -- one row per department and measure: the kinds of inference side by side
    select
        region_code,
        quarter,
        measure,
        department_code,
        {% for inference in ['finite', 'superpopulation'] %}
            max(case when inference = '{{ inference }}' then p_value end) as p_value_{{ inference }},
            max(case when inference = '{{ inference }}' then q_value end) as q_value_{{ inference }},
            bool_or(case when inference = '{{ inference }}' then is_significant end)
                as is_significantly_below_{{ inference }},
            max(case when inference = '{{ inference }}' then test_method end) as test_method_{{ inference }},
        {% endfor %}
        -- both directions of the test of this quarter's cases
        case
            when bool_or(inference = 'finite' and is_significant) then 'below'
            when bool_or(inference = 'finite_above' and is_significant) then 'above'
            else 'as_expected'
        end as comparison_category,
        max(case when inference = 'contrast' then difference end) as contrast_diff,
        max(case when inference = 'contrast' then standard_error end) as contrast_se,
        max(case when inference = 'contrast' then p_value end) as contrast_p_value,
        max(case when inference = 'contrast' then q_value end) as contrast_q_value
    from {{ ref('int_department_tests') }}
    group by region_code, quarter, measure, department_code

),

ranked as (

    select
        measures.*,
        averages.average_pct,
        averages.mean_rate,
        rank() over (
            partition by measures.region_code, measures.quarter, measures.measure
            order by measures.rate_pct is null asc, measures.rate_pct desc
        ) as rate_position,
        thresholds.threshold_pct
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_region_averages') }} as averages using (region_code, quarter, measure)
    left join {{ ref('thresholds') }} as thresholds
        on
            measures.measure = thresholds.measure
            and {{ is_valid_in('thresholds', 'measures.quarter') }}

),

rates as (

    select
        ranked.region_code,
        ranked.quarter,
        ranked.measure,
        ranked.department_code,
        ranked.department_name,
        ranked.measure_name,
        ranked.measure_definition,
        ranked.source_grain,
        ranked.valid_frame_count,
        ranked.sample_count,
        ranked.answered_count,
        ranked.success_count,
        ranked.rate,
        ranked.rate_pct,
        ranked.average_pct,
        ranked.mean_rate,
        case when ranked.rate_pct is not null then ranked.rate_position end as rate_rank,
        -- strictly below: a department at the average is not below it
        ranked.rate_pct < ranked.average_pct as is_below_average,
        ranked.threshold_pct,
        ranked.rate_pct < ranked.threshold_pct as is_below_threshold,
        intervals.ci_low,
        intervals.ci_high,
        intervals.ci_display_low,
        intervals.ci_display_high,
        tests.p_value_finite as p_value,
        tests.q_value_finite as q_value,
        tests.is_significantly_below_finite as is_significantly_below,
        intervals.ci_low_superpopulation,
        intervals.ci_high_superpopulation,
        tests.p_value_superpopulation,
        tests.q_value_superpopulation,
        tests.is_significantly_below_superpopulation,
        tests.contrast_diff,
        tests.contrast_se,
        tests.contrast_p_value,
        tests.contrast_q_value,
        reliability.reliability,
        footnotes.footnote_codes,
        changes.previous_rate,
        changes.previous_revision,
        changes.change,
        changes.change_ci_low,
        changes.change_ci_high,
        changes.change_status,
        changes.is_significant_change,
        tests.test_method_finite as test_method,
        tests.test_method_superpopulation,
        tested.is_certainly_below,
        tests.comparison_category,
        ranked.is_suppressed,
        ranked.suppression_reason,
        changes.change_p_value,
        changes.change_q_value,
        rank_limits.rank_low,
        rank_limits.rank_high,
        rank_limits.is_lowest_certain,
        bounds.nonresponse_low,
        bounds.nonresponse_high,
        bounds.is_flag_robust,
        ranked.interviewed_count,
        {{ rate('ranked.answered_count', 'ranked.interviewed_count') }} as item_response_rate,
        {{ rate('first_answers.first_success_count', 'ranked.answered_count') }} as first_answer_rate,
        first_answers.gained_success_count,
        first_answers.lost_success_count,
        first_answers.answer_change_p_value,
        first_answers.answer_change_q_value,
        effects.design_effect,
        effects.largest_interviewer_share
    from ranked
    left join {{ ref('int_department_intervals') }} as intervals
        using (region_code, quarter, measure, department_code)
    left join tests
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_tested_departments') }} as tested
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_department_reliability') }} as reliability
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_department_footnotes') }} as footnotes
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_department_changes') }} as changes
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_rank_limits') }} as rank_limits
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_nonresponse_bounds') }} as bounds
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_first_answers') }} as first_answers
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_interviewer_effects') }} as effects
        using (region_code, quarter, measure, department_code)

)

select * from rates
