-- Where only the printed annexes survive, the row is what they print; who answered is not known, which is NULL and not
-- 0. What is suppressed has no rate, and from here on it is in no figure: no sum or average can give it away.
with published_counts as (

    select
        counts.*,
        suppressions.is_suppressed,
        suppressions.suppression_reason,
        case when not suppressions.is_suppressed then counts.success_count end as published_success_count
    from {{ ref('int_measure_counts') }} as counts
    inner join {{ ref('int_suppressions') }} as suppressions using (region_code, quarter, measure, department_code)

),

rated as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        measure,
        measure_name,
        measure_definition,
        question,
        'cases' as source_grain,
        valid_frame_count,
        sample_count,
        interviewed_count,
        answered_count,
        published_success_count as success_count,
        {{ rate('published_success_count', 'answered_count') }} as rate,
        {{ pct('published_success_count', 'answered_count') }} as rate_pct,
        is_suppressed,
        suppression_reason
    from published_counts

),

printed as (

    select
        counts.region_code,
        counts.quarter,
        counts.department_code,
        counts.department_name,
        counts.measure,
        counts.measure_name,
        counts.measure_definition,
        counts.question,
        'published' as source_grain,
        published.valid_frame_count,
        published.sample_count,
        counts.interviewed_count,
        counts.answered_count,
        counts.success_count,
        {{ rate(hundredths('published.rate_pct'), '10000') }} as rate,
        published.rate_pct,
        -- what is printed is known
        false as is_suppressed,
        cast(null as string) as suppression_reason
    from {{ ref('int_measure_counts') }} as counts
    left join {{ ref('int_published_measures') }} as published
        using (region_code, quarter, measure, department_code)
    -- where both exist the cases win: the annexes are then only compared with (reconciliation)
    where counts.has_published and not counts.has_cases

),

measures as (

    select * from rated
    union all
    select * from printed

)

select * from measures
