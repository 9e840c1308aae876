-- The sampling variance of each rate, for sums over departments; without a row, the rate or its counts are not known.
with answered as (

    select
        measures.*,
        averages.mean_rate
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_region_averages') }} as averages using (region_code, quarter, measure)
    where measures.answered_count > 0 and measures.rate is not null

),

variances as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        case
            -- everyone answered
            when answered_count >= valid_frame_count then 0e0
            -- one answer says nothing about its own spread: that of the average stands in. A NULL would be skipped by
            -- sums, and the error understated
            when answered_count = 1 then (1e0 - 1e0 / valid_frame_count) * mean_rate * (1e0 - mean_rate)
            else
                (1e0 - cast(answered_count as double) / valid_frame_count)
                * rate * (1e0 - rate) / (answered_count - 1)
        end as rate_variance
    from answered

)

select * from variances
