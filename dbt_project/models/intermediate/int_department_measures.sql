-- Every register department has its row per measure, also the one nobody sampled: counts of 0 and no rate. Where only
-- the printed annexes survive, the row is what they print; who answered is not known, which is NULL and not 0.
with department_measures as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.department_name,
        measures.measure,
        measures.measure_name,
        measures.measure_definition,
        measures.question
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('int_measure_definitions') }} as measures using (region_code, quarter)

),

measure_counts as (

    select
        answer_counts.region_code,
        answer_counts.quarter,
        answer_counts.department_code,
        answers.measure,
        cast(sum(answer_counts.answer_count) as bigint) as answered_count,
        cast(sum(case when answers.is_success then answer_counts.answer_count else 0 end) as bigint) as success_count
    from {{ ref('int_answer_counts') }} as answer_counts
    inner join {{ ref('int_measure_answers') }} as answers using (region_code, quarter, question, answer_code)
    group by answer_counts.region_code, answer_counts.quarter, answer_counts.department_code, answers.measure

),

counted as (

    select
        department_measures.*,
        'cases' as source_grain,
        coalesce(department_counts.valid_frame_count, 0) as valid_frame_count,
        coalesce(department_counts.sample_count, 0) as sample_count,
        coalesce(measure_counts.answered_count, 0) as answered_count,
        coalesce(measure_counts.success_count, 0) as success_count
    from department_measures
    inner join {{ ref('int_region_quarters') }} as region_quarters using (region_code, quarter)
    left join {{ ref('int_department_counts') }} as department_counts using (region_code, quarter, department_code)
    left join measure_counts using (region_code, quarter, measure, department_code)
    -- without cases there is nothing to count, and 0 would say that there were none
    where region_quarters.has_cases

),

rated as (

    select
        *,
        {{ rate('success_count', 'answered_count') }} as rate,
        {{ pct('success_count', 'answered_count') }} as rate_pct
    from counted

),

printed as (

    select
        department_measures.*,
        'published' as source_grain,
        published.valid_frame_count,
        published.sample_count,
        cast(null as bigint) as answered_count,
        cast(null as bigint) as success_count,
        {{ rate(hundredths('published.rate_pct'), '10000') }} as rate,
        published.rate_pct
    from department_measures
    inner join {{ ref('int_region_quarters') }} as region_quarters using (region_code, quarter)
    left join {{ ref('int_published_measures') }} as published
        using (region_code, quarter, measure, department_code)
    -- where both exist the cases win: the annexes are then only compared with (reconciliation)
    where region_quarters.has_published and not region_quarters.has_cases

),

measures as (

    select * from rated
    union all
    select * from printed

)

select * from measures
