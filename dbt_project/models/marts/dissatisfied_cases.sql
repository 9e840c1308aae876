{{ config(materialized='incremental', tags=['records']) }}

-- Record-level and restricted, for those who call people back: which case, why, and by when. No case number, no person,
-- and of what the person said only a code.
with answered as (

    select
        case_answers.*,
        cases.case_token,
        cases.department_code,
        cases.department_name,
        answers.answer_label,
        reasons.reason_label,
        rules.working_days,
        rules.is_assumption,
        cast(case_answers.answered_at as date) as answered_on,
        cast(cases.first_called_at as date) as first_called_on,
        cast(cases.last_called_at as date) as last_called_on
    from {{ ref('int_case_answers') }} as case_answers
    inner join {{ ref('follow_up_rules') }} as rules using (answer_code)
    inner join {{ ref('int_called_cases') }} as cases using (region_code, quarter, case_id)
    left join {{ ref('answers') }} as answers using (answer_code)
    left join {{ ref('reason_codes') }} as reasons using (reason_code)
    where {{ is_valid_in('rules', 'case_answers.quarter') }}

),

dated as (

    select
        answered.region_code,
        answered.quarter,
        answered.case_token,
        answered.department_code,
        answered.department_name,
        answered.question,
        answered.answer_code,
        answered.answer_label,
        answered.reason_code,
        answered.reason_label,
        answered.answered_on,
        answered.first_called_on,
        answered.last_called_on,
        answered.working_days as follow_up_working_days,
        due_dates.due_on,
        answered.is_assumption as is_due_assumed,
        due_dates.is_calendar_known
    from answered
    left join {{ ref('int_follow_up_dates') }} as due_dates using (answered_on, working_days)

)

select * from dated
