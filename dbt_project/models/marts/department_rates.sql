with averaged as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        department_name,
        measure_name,
        measure_definition,
        source_grain,
        valid_frame_count,
        sample_count,
        answered_count,
        success_count,
        rate,
        rate_pct,
        -- the mean of the rounded rates, as the notice prints it; departments nobody answered for are not in it
        {{ average_pct(
            'sum(' ~ hundredths('rate_pct') ~ ') over (partition by region_code, quarter, measure)',
            'count(rate_pct) over (partition by region_code, quarter, measure)'
        ) }} as average_pct,
        -- summed in a fixed order: the last digits of a floating-point mean depend on it
        avg(rate) over (
            partition by region_code, quarter, measure
            order by department_code
            rows between unbounded preceding and unbounded following
        ) as mean_rate,
        rank() over (
            partition by region_code, quarter, measure
            order by rate_pct is null asc, rate_pct desc
        ) as rate_position
    from {{ ref('int_department_measures') }}

),

flagged as (

    select
        averaged.region_code,
        averaged.quarter,
        averaged.measure,
        averaged.department_code,
        averaged.department_name,
        averaged.measure_name,
        averaged.measure_definition,
        averaged.source_grain,
        averaged.valid_frame_count,
        averaged.sample_count,
        averaged.answered_count,
        averaged.success_count,
        averaged.rate,
        averaged.rate_pct,
        averaged.average_pct,
        averaged.mean_rate,
        case when averaged.rate_pct is not null then averaged.rate_position end as rate_rank,
        -- strictly below: a department at the average is not below it
        averaged.rate_pct < averaged.average_pct as is_below_average,
        thresholds.threshold_pct,
        averaged.rate_pct < thresholds.threshold_pct as is_below_threshold
    from averaged
    left join {{ ref('thresholds') }} as thresholds
        on
            averaged.measure = thresholds.measure
            and {{ is_valid_in('thresholds', 'averaged.quarter') }}

)

select * from flagged
