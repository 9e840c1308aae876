-- An answer to a question with the call that gave it. What says why there is no answer is none.
with answers as (

    select
        region_code,
        quarter,
        file,
        line,
        question,
        {{ answer_given('answer_code') }} as answer_code
    from {{ source('raw', 'answers') }}

),

given as (

    select
        answers.region_code,
        answers.quarter,
        answers.file,
        answers.line,
        calls.case_id,
        calls.attempt_no,
        calls.called_at,
        calls.interviewer_key,
        calls.reason_key,
        answers.question,
        answers.answer_code
    from answers
    inner join {{ ref('stg_calls') }} as calls using (region_code, quarter, file, line)
    where answers.answer_code is not null

)

select * from given
