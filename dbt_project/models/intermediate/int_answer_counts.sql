{{ config(materialized='incremental') }}

select
    cases.region_code,
    cases.quarter,
    cases.department_code,
    answers.question,
    answers.answer_code,
    count(*) as answer_count
from {{ ref('int_case_answers') }} as answers
inner join {{ ref('int_called_cases') }} as cases using (region_code, quarter, case_id)
group by cases.region_code, cases.quarter, cases.department_code, answers.question, answers.answer_code
