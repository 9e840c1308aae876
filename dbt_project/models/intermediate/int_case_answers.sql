{{ config(tags=['records']) }}

-- One row per called case and question it answered: the outcome is per question, not per call.
with spellings as (

    -- two spellings of one reason may fold to one key
    select
        {{ name_key('spelling') }} as reason_key,
        min(reason_code) as reason_code
    from {{ ref('reason_spellings') }}
    group by {{ name_key('spelling') }}

),

reasoned as (

    select
        calls.*,
        answers.question,
        answers.answer_code,
        case
            when calls.reason_key is null then 'none'
            else coalesce(spellings.reason_code, 'other')
        end as reason_code
    from {{ ref('stg_answers') }} as answers
    inner join {{ ref('stg_calls') }} as calls using (region_code, quarter, file, line)
    left join spellings using (reason_key)

),

last_answers as (

    select
        region_code,
        quarter,
        case_id,
        question,
        {{ last_by('answer_code', attempt_order(), 'answer_code is not null') }} as answer_code,
        {{ first_by('answer_code', attempt_order(), 'answer_code is not null') }} as first_answer_code,
        count(distinct answer_code) as distinct_answer_count,
        -- the reason of the call that counts: another call may have given another answer
        {{ last_by('reason_code', attempt_order(), 'answer_code is not null') }} as reason_code,
        {{ last_by('called_at', attempt_order(), 'answer_code is not null') }} as answered_at,
        -- of this very call, also where it names nobody: arg_max would go back to one that does
        nullif(
            {{ last_by("coalesce(interviewer_key, '')", attempt_order(), 'answer_code is not null') }}, ''
        ) as interviewer_key
    from reasoned
    group by region_code, quarter, case_id, question

)

select * from last_answers
