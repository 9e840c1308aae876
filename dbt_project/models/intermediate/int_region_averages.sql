-- What departments are compared with: the averages over those somebody answered for, and over no others.
with rates as (

    select
        *,
        -- summed in a fixed order: the last digits of a floating-point mean depend on it
        avg(rate) over (
            partition by region_code, quarter, measure
            order by department_code
            rows between unbounded preceding and unbounded following
        ) as mean_rate
    from {{ ref('int_department_measures') }}

),

averages as (

    select
        region_code,
        quarter,
        measure,
        count(rate_pct) as rated_department_count,
        -- the mean of the rounded rates, as the notice prints it
        {{ average_pct('sum(' ~ hundredths('rate_pct') ~ ')', 'count(rate_pct)') }} as average_pct,
        max(mean_rate) as mean_rate
    from rates
    group by region_code, quarter, measure

)

select * from averages
