{%- set family = ['region_code', 'quarter', 'measure', 'inference'] -%}

-- Whether a department differs from the others of its region by more than chance, once per kind of inference.
with smoothed as (

    -- a rate of 0 or 1 has no spread of its own: half an answer on either side gives it one
    select
        tested.*,
        averages.rated_department_count,
        case
            when tested.is_census then 0e0
            when tested.answered_count = 1 then variances.rate_variance
            else
                (1e0 - cast(tested.answered_count as double) / tested.frame_count)
                * (tested.success_count + 0.5e0) * (tested.answered_count - tested.success_count + 0.5e0)
                / ((tested.answered_count + 1e0) * (tested.answered_count + 1e0) * (tested.answered_count - 1))
        end as smoothed_variance
    from {{ ref('int_tested_departments') }} as tested
    inner join {{ ref('int_region_averages') }} as averages using (region_code, quarter, measure)
    inner join {{ ref('int_department_variances') }} as variances
        using (region_code, quarter, measure, department_code)

),

contrasts as (

    -- the mean holds the department itself, and is as uncertain as the others make it
    select
        *,
        sqrt(
            (1e0 - 1e0 / rated_department_count) * (1e0 - 1e0 / rated_department_count) * smoothed_variance
            + greatest(
                0e0,
                -- in a fixed order, as the mean is
                sum(smoothed_variance) over (
                    partition by region_code, quarter, measure
                    order by department_code
                    rows between unbounded preceding and unbounded following
                ) - smoothed_variance
            ) / (cast(rated_department_count as double) * rated_department_count)
        ) as standard_error
    from smoothed

),

scored as (

    select
        *,
        -- it asks in both directions
        0e0 - abs(difference) / nullif(standard_error, 0e0) as z_score
    from contrasts

),

inferences as (

    {% for inference in ['finite', 'finite_above'] %}
        select
            tested.*,
            '{{ inference }}' as inference,
            case
                when tested.is_census then 'census'
                when {{ 'tested.is_certainly_above' if inference == 'finite_above' else 'tested.is_certainly_below' }}
                    then 'feasible_range'
                else 'hypergeometric'
            end as test_method,
            cast(null as double) as standard_error,
            exact_tests.p_value
        from {{ ref('int_tested_departments') }} as tested
        left join {{ ref('int_exact_tests') }} as exact_tests
            on
                tested.region_code = exact_tests.region_code
                and tested.quarter = exact_tests.quarter
                and tested.measure = exact_tests.measure
                and tested.department_code = exact_tests.department_code
                and exact_tests.inference = '{{ inference }}'
        where tested.is_tested
        union all
    {% endfor %}
    select
        tested.*,
        'superpopulation' as inference,
        'beta_binomial_midp' as test_method,
        cast(null as double) as standard_error,
        predictive_tests.p_value
    from {{ ref('int_tested_departments') }} as tested
    inner join {{ ref('int_predictive_tests') }} as predictive_tests
        using (region_code, quarter, measure, department_code)
    union all
    select
        tested.*,
        'contrast' as inference,
        'contrast' as test_method,
        nullif(scored.standard_error, 0e0) as standard_error,
        2e0 * {{ normal_cdf('scored.z_score') }} as p_value
    from {{ ref('int_tested_departments') }} as tested
    inner join scored using (region_code, quarter, measure, department_code)
    where tested.is_tested

),

numbered as (

    select
        *,
        {{ numbered_p_values('p_value', family) }}
    from inferences

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
        test_method,
        difference,
        standard_error,
        p_value,
        q_value,
        -- a fact needs no test, and has no place in a family: sure rejections would lower the bar for the others
        case inference
            when 'finite'
                then is_certainly_below or coalesce(difference < 0e0 and q_value < significance_level, false)
            when 'finite_above'
                then is_certainly_above or coalesce(difference > 0e0 and q_value < significance_level, false)
            when 'superpopulation' then difference < 0e0 and q_value < significance_level
        end as is_significant
    from adjusted

)

select * from tests
