{{ config(materialized='incremental') }}

with answer_counts as (

    select
        cases.region_code,
        cases.quarter,
        cases.department_code,
        answers.question,
        answers.answer_code,
        count(*) as answer_count
    from {{ ref('int_case_answers') }} as answers
    inner join {{ ref('int_called_cases') }} as cases
        on
            answers.region_code = cases.region_code
            and answers.quarter = cases.quarter
            and answers.case_id = cases.case_id
    group by cases.region_code, cases.quarter, cases.department_code, answers.question, answers.answer_code

)

select * from answer_counts
