-- Departments with a rate of which it is known how many answered: printed rates have no interval.
with answered as (

    select
        measures.*,
        {{ effective_count('measures.answered_count', 'measures.valid_frame_count') }} as effective_count,
        measures.answered_count / coalesce(effects.design_effect, 1e0) as independent_count,
        rules.z_value
    from {{ ref('int_department_measures') }} as measures
    left join {{ ref('inference_settings') }} as rules on {{ is_valid_in('rules', 'measures.quarter') }}
    left join {{ ref('int_interviewer_effects') }} as effects
        using (region_code, quarter, measure, department_code)
    where measures.answered_count > 0 and measures.rate is not null

),

limited as (

    select
        *,
        {{ wilson_low('rate', 'effective_count', 'z_value') }} as ci_low,
        {{ wilson_high('rate', 'effective_count', 'z_value') }} as ci_high,
        {{ wilson_low('rate', 'independent_count', 'z_value') }} as ci_low_superpopulation,
        {{ wilson_high('rate', 'independent_count', 'z_value') }} as ci_high_superpopulation
    from answered

),

intervals as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        effective_count,
        ci_low,
        ci_high,
        -- of the whole frame at least the successes counted are successes, and at most those and all who did not answer
        case
            when effective_count is null then ci_low
            else greatest(ci_low, cast(success_count as double) / valid_frame_count)
        end as ci_display_low,
        case
            when effective_count is null then ci_high
            else least(
                ci_high, cast(success_count + valid_frame_count - answered_count as double) / valid_frame_count
            )
        end as ci_display_high,
        ci_low_superpopulation,
        ci_high_superpopulation
    from limited

)

select * from intervals
