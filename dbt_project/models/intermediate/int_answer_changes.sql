{{ config(materialized='incremental') }}

-- Cases whose answer to a question changed on a later call, and in which direction. The last answer counts either way.
select
    cases.region_code,
    cases.quarter,
    cases.department_code,
    case_answers.question,
    count(*) as changed_count,
    count(*) filter (where last_answers.answer_order < first_answers.answer_order) as improved_count,
    count(*) filter (where last_answers.answer_order > first_answers.answer_order) as worsened_count
from {{ ref('int_case_answers') }} as case_answers
inner join {{ ref('int_called_cases') }} as cases using (region_code, quarter, case_id)
inner join {{ ref('answers') }} as first_answers on case_answers.first_answer_code = first_answers.answer_code
inner join {{ ref('answers') }} as last_answers on case_answers.answer_code = last_answers.answer_code
where case_answers.distinct_answer_count > 1
group by cases.region_code, cases.quarter, cases.department_code, case_answers.question
