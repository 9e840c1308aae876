-- What the rate would be if all who were called and did not answer were successes, or none were, and whether the flag
-- would stay. No assumption is made on why they did not answer.
with bounded as (

    select
        measures.region_code,
        measures.quarter,
        measures.measure,
        measures.department_code,
        measures.rate_pct,
        averages.average_pct,
        -- rounded as the rate and the average are: the flag compares what is printed
        {{ pct('measures.success_count', 'measures.sample_count') }} as low_pct,
        {{ pct(
            '(measures.success_count + measures.sample_count - measures.answered_count)', 'measures.sample_count'
        ) }} as high_pct,
        cast(measures.success_count as double) / measures.sample_count as nonresponse_low,
        cast(measures.success_count + measures.sample_count - measures.answered_count as double)
        / measures.sample_count as nonresponse_high
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_region_averages') }} as averages using (region_code, quarter, measure)
    where measures.answered_count > 0 and measures.rate is not null and measures.sample_count >= measures.answered_count

),

bounds as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        nonresponse_low,
        nonresponse_high,
        case
            when rate_pct < average_pct then high_pct < average_pct
            else low_pct >= average_pct
        end as is_flag_robust
    from bounded

)

select * from bounds
