-- Which distributions of answers are not published. It goes by how many answered and by the frame, never by what was
-- answered: a mask that went up only where all agree would say that all agree.
with judged as (

    select
        counts.region_code,
        counts.quarter,
        counts.measure,
        counts.department_code,
        case
            when rules.is_exempt or counts.answered_count = 0 then null
            -- as the revision before had it, if it had it at all
            when released.department_code is not null then released.suppression_reason
            when counts.answered_count < rules.fewest_answers_count then 'few_answers'
            when counts.valid_frame_count < rules.smallest_frame_count then 'small_frame'
        end as suppression_reason,
        rules.is_exempt,
        rules.smallest_cell_count
    from {{ ref('int_measure_counts') }} as counts
    inner join {{ ref('int_disclosure_rules') }} as rules using (region_code, quarter)
    left join {{ ref('int_released_masks') }} as released using (region_code, quarter, measure, department_code)
    where counts.has_cases

),

suppressions as (

    select
        *,
        suppression_reason is not null as is_suppressed
    from judged

)

select * from suppressions
