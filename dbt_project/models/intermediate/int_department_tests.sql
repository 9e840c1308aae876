{%- set family = ['region_code', 'quarter', 'measure', 'inference'] -%}
{#- closer than this, a rate and the mean are equal: a floating-point mean of equal rates can miss them -#}
{%- set tolerance = '1e-12' -%}

-- Whether a department differs from the mean of its region by more than chance, once per kind of inference.
with compared as (

    select
        measures.*,
        intervals.effective_count,
        averages.rated_department_count,
        averages.mean_rate,
        case
            when abs(measures.rate - averages.mean_rate) < {{ tolerance }} then 0e0
            else measures.rate - averages.mean_rate
        end as difference,
        variances.rate_variance,
        -- in a fixed order, as the mean is
        sum(variances.rate_variance) over (
            partition by measures.region_code, measures.quarter, measures.measure
            order by measures.department_code
            rows between unbounded preceding and unbounded following
        ) as total_variance,
        rules.significance_level
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_department_intervals') }} as intervals
        using (region_code, quarter, measure, department_code)
    inner join {{ ref('int_department_variances') }} as variances
        using (region_code, quarter, measure, department_code)
    inner join {{ ref('int_region_averages') }} as averages using (region_code, quarter, measure)
    left join {{ ref('inference_settings') }} as rules on {{ is_valid_in('rules', 'measures.quarter') }}

),

inferences as (

    -- this quarter's cases: who was not asked is all that is left to chance
    select
        *,
        'finite' as inference,
        coalesce(sqrt(mean_rate * (1e0 - mean_rate) / effective_count), 0e0) as standard_error
    from compared
    union all
    -- the department: even a quarter in which everyone answered is only one quarter of it
    select
        *,
        'superpopulation' as inference,
        sqrt(mean_rate * (1e0 - mean_rate) / answered_count) as standard_error
    from compared
    union all
    -- the mean holds the department itself, and is as uncertain as the others make it
    select
        *,
        'contrast' as inference,
        sqrt(
            (1e0 - 1e0 / rated_department_count) * (1e0 - 1e0 / rated_department_count) * rate_variance
            + (total_variance - rate_variance) / (cast(rated_department_count as double) * rated_department_count)
        ) as standard_error
    from compared

),

scored as (

    select
        *,
        -- the contrast asks in both directions
        case
            when standard_error > 0e0 and inference = 'contrast' then 0e0 - abs(difference) / standard_error
            when standard_error > 0e0 then difference / standard_error
        end as z_score
    from inferences

),

tested as (

    select
        *,
        case
            when inference = 'contrast' then 2e0 * {{ normal_cdf('z_score') }}
            when difference = 0e0 then 0.5e0
            when z_score is not null then {{ normal_cdf('z_score') }}
            -- no error: any difference is a real one
            when difference < 0e0 then 0e0
            else 1e0
        end as p_value
    from scored

),

numbered as (

    select
        *,
        row_number() over (
            partition by {{ family | join(', ') }}
            order by p_value is null asc, p_value asc, department_code asc
        ) as p_value_rank,
        count(p_value) over (partition by {{ family | join(', ') }}) as test_count
    from tested

),

adjusted as (

    select
        *,
        {{ benjamini_hochberg('p_value', 'p_value_rank', 'test_count', family) }} as q_value
    from numbered

),

tests as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        inference,
        difference,
        case when inference != 'contrast' or standard_error > 0e0 then standard_error end as standard_error,
        p_value,
        q_value,
        case
            when inference != 'contrast' then difference < 0e0 and q_value < significance_level
        end as is_significantly_below
    from adjusted

)

select * from tests
