{{ config(materialized='incremental', tags=['records']) }}

-- Cases whose answer to a question changed on a later call, by the first answer and the last. The last one counts
-- either way.
select
    cases.region_code,
    cases.quarter,
    cases.department_code,
    case_answers.question,
    case_answers.first_answer_code,
    case_answers.answer_code,
    count(*) as changed_count
from {{ ref('int_case_answers') }} as case_answers
inner join {{ ref('int_called_cases') }} as cases using (region_code, quarter, case_id)
where case_answers.distinct_answer_count > 1
group by
    cases.region_code, cases.quarter, cases.department_code, case_answers.question, case_answers.first_answer_code,
    case_answers.answer_code
