-- Every register department has its row per measure, also the one nobody sampled: counts of 0 and no rate. Where only
-- the printed annexes survive, the row is what they print; who answered is not known, which is NULL and not 0.
with measure_counts as (

    select
        answer_counts.region_code,
        answer_counts.quarter,
        answer_counts.department_code,
        answers.measure,
        cast(sum(answer_counts.answer_count) as bigint) as answered_count,
        cast(sum(case when answers.is_success then answer_counts.answer_count else 0 end) as bigint) as success_count
    from {{ ref('int_answer_counts') }} as answer_counts
    inner join {{ ref('int_measure_answers') }} as answers
        on
            answer_counts.region_code = answers.region_code
            and answer_counts.quarter = answers.quarter
            and answer_counts.question = answers.question
            and answer_counts.answer_code = answers.answer_code
    group by answer_counts.region_code, answer_counts.quarter, answer_counts.department_code, answers.measure

),

counted as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.department_name,
        measures.measure,
        measures.measure_name,
        measures.measure_definition,
        measures.question,
        coalesce(department_counts.valid_frame_count, 0) as valid_frame_count,
        coalesce(department_counts.sample_count, 0) as sample_count,
        coalesce(measure_counts.answered_count, 0) as answered_count,
        coalesce(measure_counts.success_count, 0) as success_count
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('int_region_quarters') }} as region_quarters
        on
            departments.region_code = region_quarters.region_code
            and departments.quarter = region_quarters.quarter
            -- without cases there is nothing to count, and 0 would say that there were none
            and region_quarters.has_cases
    inner join {{ ref('int_measure_definitions') }} as measures
        on
            departments.region_code = measures.region_code
            and departments.quarter = measures.quarter
    left join {{ ref('int_department_counts') }} as department_counts
        on
            departments.region_code = department_counts.region_code
            and departments.quarter = department_counts.quarter
            and departments.department_code = department_counts.department_code
    left join measure_counts
        on
            departments.region_code = measure_counts.region_code
            and departments.quarter = measure_counts.quarter
            and departments.department_code = measure_counts.department_code
            and measures.measure = measure_counts.measure

),

printed as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.department_name,
        measures.measure,
        measures.measure_name,
        measures.measure_definition,
        measures.question,
        published.valid_frame_count,
        published.sample_count,
        published.rate_pct
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('int_region_quarters') }} as region_quarters
        on
            departments.region_code = region_quarters.region_code
            and departments.quarter = region_quarters.quarter
            -- where both exist the cases win: the annexes are then only compared with (reconciliation)
            and not region_quarters.has_cases
            and region_quarters.has_published
    inner join {{ ref('int_measure_definitions') }} as measures
        on
            departments.region_code = measures.region_code
            and departments.quarter = measures.quarter
    left join {{ ref('int_published_measures') }} as published
        on
            departments.region_code = published.region_code
            and departments.quarter = published.quarter
            and departments.department_code = published.department_code
            and measures.measure = published.measure

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
        answered_count,
        success_count,
        {{ rate('success_count', 'answered_count') }} as rate,
        {{ pct('success_count', 'answered_count') }} as rate_pct
    from counted
    union all
    select
        region_code,
        quarter,
        department_code,
        department_name,
        measure,
        measure_name,
        measure_definition,
        question,
        'published' as source_grain,
        valid_frame_count,
        sample_count,
        cast(null as bigint) as answered_count,
        cast(null as bigint) as success_count,
        {{ rate(hundredths('rate_pct'), '10000') }} as rate,
        rate_pct
    from printed

)

select * from rated
