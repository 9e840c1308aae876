{{ config(materialized='incremental', tags=['records']) }}

-- Work numbers end here: interviewers are numbered anew in each quarter, and kept apart as numbers.
with numbered as (

    select
        cases.region_code,
        cases.quarter,
        cases.department_code,
        answers.question,
        answers.answer_code,
        case
            when answers.interviewer_key is not null
                then cast(
                    dense_rank() over (
                        partition by answers.region_code, answers.quarter
                        order by answers.interviewer_key is null asc, answers.interviewer_key asc
                    ) as bigint
                )
        end as interviewer_number
    from {{ ref('int_case_answers') }} as answers
    inner join {{ ref('int_called_cases') }} as cases using (region_code, quarter, case_id)

)

select
    region_code,
    quarter,
    department_code,
    question,
    answer_code,
    interviewer_number,
    count(*) as answer_count
from numbered
group by region_code, quarter, department_code, question, answer_code, interviewer_number
