{{ config(materialized='incremental') }}

-- Cases whose answer to a question changed on a later call, and in which direction. The last answer counts either way.
with changes as (

    select
        cases.region_code,
        cases.quarter,
        cases.department_code,
        case_answers.question,
        count(*) as changed_count,
        cast(
            sum(case when last_answers.answer_order < first_answers.answer_order then 1 else 0 end) as bigint
        ) as improved_count,
        cast(
            sum(case when last_answers.answer_order > first_answers.answer_order then 1 else 0 end) as bigint
        ) as worsened_count
    from {{ ref('int_case_answers') }} as case_answers
    inner join {{ ref('int_called_cases') }} as cases
        on
            case_answers.region_code = cases.region_code
            and case_answers.quarter = cases.quarter
            and case_answers.case_id = cases.case_id
    inner join {{ ref('answers') }} as first_answers
        on case_answers.first_answer_code = first_answers.answer_code
    inner join {{ ref('answers') }} as last_answers
        on case_answers.answer_code = last_answers.answer_code
    where case_answers.distinct_answer_count > 1
    group by cases.region_code, cases.quarter, cases.department_code, case_answers.question

)

select * from changes
