{{ config(materialized='incremental', tags=['records']) }}

-- Record-level and restricted, as case_outcomes: what a called case answered to each question, the answer that counts.
select
    answers.region_code,
    answers.quarter,
    cases.case_token,
    answers.question,
    answers.answer_code
from {{ ref('int_case_answers') }} as answers
inner join {{ ref('int_called_cases') }} as cases using (region_code, quarter, case_id)
