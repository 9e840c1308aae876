{#- closer than this, a rate and the mean are equal: a floating-point mean of equal rates can miss them -#}
{%- set tolerance = '1e-12' -%}

-- What each department with answers is tested against, and whether it is: a department with too few answers is in no
-- test, neither its own nor as one of the others.
with compared as (

    select
        measures.*,
        averages.mean_rate,
        case
            when abs(measures.rate - averages.mean_rate) < {{ tolerance }} then 0e0
            else measures.rate - averages.mean_rate
        end as difference,
        greatest(measures.valid_frame_count, measures.answered_count) as frame_count,
        measures.answered_count >= measures.valid_frame_count as is_census,
        coalesce(effects.design_effect, 1e0) as design_effect,
        -- what is not rated is not tested either, whichever limit is the higher
        measures.answered_count >= greatest(rules.minimum_test_count, limits.not_rated_below_count) as is_tested,
        rules.significance_level,
        rules.minimum_test_departments
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_region_averages') }} as averages using (region_code, quarter, measure)
    inner join {{ ref('inference_settings') }} as rules on {{ is_valid_in('rules', 'measures.quarter') }}
    inner join {{ ref('reliability_limits') }} as limits on {{ is_valid_in('limits', 'measures.quarter') }}
    left join {{ ref('int_interviewer_effects') }} as effects
        using (region_code, quarter, measure, department_code)
    where measures.answered_count > 0 and measures.rate is not null

),

bounded as (

    select
        *,
        -- the fewest successes with which the whole frame is not below the mean, and the most with which it is not
        -- above; the margin is for a mean that floating point puts beside a whole number
        cast(ceil(frame_count * mean_rate - 1e-9) as bigint) as least_average_successes,
        cast(floor(frame_count * mean_rate + 1e-9) as bigint) as most_average_successes
    from compared

),

{{ others_of('bounded', ['region_code', 'quarter', 'measure']) }},

tested as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        answered_count,
        success_count,
        frame_count,
        rate,
        mean_rate,
        difference,
        is_census,
        is_tested,
        -- even if all who did not answer were successes, or none were
        success_count + frame_count - answered_count < least_average_successes as is_certainly_below,
        success_count > most_average_successes as is_certainly_above,
        least_average_successes,
        most_average_successes,
        design_effect,
        tested_department_count,
        answers_of_others,
        rate_of_others,
        significance_level,
        minimum_test_departments
    from others

)

select * from tested
