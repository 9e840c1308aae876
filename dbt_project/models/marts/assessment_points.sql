with departments as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        rule_code,
        is_assumption,
        module_pct,
        item_points,
        weight_total,
        count(*) as measure_count,
        count(rate_pct) as rated_measure_count,
        sum(weight * {{ hundredths('rate_pct') }}) as weighted_hundredths
    from {{ ref('int_assessed_rates') }}
    group by
        region_code, quarter, department_code, department_name, rule_code, is_assumption, module_pct, item_points,
        weight_total

),

pointed as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        rule_code,
        is_assumption,
        -- what is not known is neither 0 nor like the rest
        case
            when rated_measure_count = measure_count
                then {{ points('item_points', 'weighted_hundredths', 'weight_total') }}
        end as points,
        {{ points('item_points', '10000 * weight_total', 'weight_total') }} as max_points,
        measure_count,
        rated_measure_count,
        case
            when rated_measure_count = measure_count then 'complete'
            when rated_measure_count = 0 then 'not_rated'
            else 'partly_rated'
        end as points_status,
        module_pct
    from departments

)

select * from pointed
