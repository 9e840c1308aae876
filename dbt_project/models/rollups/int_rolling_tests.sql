{%- set family = ['region_code', 'quarter', 'measure'] -%}
{%- set grain = family + ['department_code'] -%}

-- The test of each department against the others, and how much of the spread between departments is no chance, by the
-- answers of its four quarters together. By the settings that the last of the quarters was released with.
with windows as (

    select
        *,
        answered_count / design_effect as independent_count
    from {{ ref('int_department_windows') }}
    -- of printed rates nobody knows how many answers they are made from
    where answered_count > 0 and success_count is not null

),

compared as (

    select
        windows.*,
        rules.significance_level,
        rules.minimum_test_departments,
        rules.accountable_answer_count,
        rules.accountable_reliability,
        windows.answered_count >= rules.minimum_test_count as is_tested,
        windows.pooled_rate as rate,
        {{ wilson_low('windows.pooled_rate', 'windows.independent_count', 'rules.z_value') }} as ci_low,
        {{ wilson_high('windows.pooled_rate', 'windows.independent_count', 'rules.z_value') }} as ci_high,
        -- half an answer on either side: a rate of 0 or 1 has a spread of its own, too
        windows.design_effect
        * (windows.success_count + 0.5e0) * (windows.answered_count - windows.success_count + 0.5e0)
        / ((windows.answered_count + 1e0) * (windows.answered_count + 1e0) * windows.answered_count) as rate_variance
    from windows
    inner join {{ ref('dim_inference_settings') }} as rules using (region_code, quarter)

),

{{ others_of('compared', family) }},

{{ predictive_tests('others', grain) }},

spread as (

    select
        region_code,
        quarter,
        measure,
        -- what the departments differ by, less what chance makes them differ by: the method of moments
        case
            when count(*) > 1
                then greatest(
                    0e0,
                    sum(
                        (rate - rate_sum / tested_department_count) * (rate - rate_sum / tested_department_count)
                        order by department_code
                    ) / (count(*) - 1)
                    - sum(rate_variance order by department_code) / count(*)
                )
        end as variance_between
    from others
    where is_tested
    group by region_code, quarter, measure

),

numbered as (

    select
        others.*,
        predictive.p_value,
        spread.variance_between,
        {{ numbered_p_values('predictive.p_value', family) }}
    from others
    left join predictive using (region_code, quarter, measure, department_code)
    left join spread using (region_code, quarter, measure)

),

adjusted as (

    select
        *,
        {{ benjamini_hochberg('p_value', 'p_value_rank', 'test_count', family) }} as q_value,
        variance_between / nullif(variance_between + rate_variance, 0e0) as signal_reliability
    from numbered

),

tests as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        ci_low,
        ci_high,
        p_value,
        q_value,
        -- below the mean of the departments, and by more than chance
        case
            when q_value is not null then rate < rate_sum / tested_department_count and q_value < significance_level
        end as is_significantly_below,
        case when is_tested then signal_reliability end as signal_reliability,
        is_tested
        and (
            answered_count >= accountable_answer_count
            or coalesce(signal_reliability >= accountable_reliability, false)
        ) as is_accountable
    from adjusted

)

select * from tests
