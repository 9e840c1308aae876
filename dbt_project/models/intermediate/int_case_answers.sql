{{ config(tags=['records']) }}
{%- set latest_first %}partition by region_code, quarter, case_id, question order by {{ attempt_order() | join(' desc, ') }} desc{% endset %}

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

placed as (

    -- windows, not aggregates: what those hold of millions of cases stays in memory, rows that are sorted are spilled
    select
        *,
        row_number() over ({{ latest_first }}) as place,
        last_value(answer_code) over (
            {{ latest_first }} rows between unbounded preceding and unbounded following
        ) as first_answer_code,
        count(*) over (partition by region_code, quarter, case_id, question) as answer_count
    from reasoned
    where answer_code is not null

),

answered_again as (

    select
        region_code,
        quarter,
        case_id,
        question,
        count(distinct answer_code) as distinct_answer_count
    from placed
    where answer_count > 1
    group by region_code, quarter, case_id, question

),

last_answers as (

    select
        placed.region_code,
        placed.quarter,
        placed.case_id,
        placed.question,
        placed.answer_code,
        placed.first_answer_code,
        coalesce(answered_again.distinct_answer_count, 1) as distinct_answer_count,
        -- the reason and the interviewer of the call that counts: another call may have given another answer
        placed.reason_code,
        placed.called_at as answered_at,
        placed.interviewer_key
    from placed
    left join answered_again using (region_code, quarter, case_id, question)
    where placed.place = 1

)

select * from last_answers
