{{ config(materialized='incremental') }}

-- Record-level and restricted, for those who call people back: which case, why, and by when. No case number, no person,
-- and of what the person said only a code.
with answered as (

    select
        cases.region_code,
        cases.quarter,
        cases.case_token,
        cases.department_code,
        cases.department_name,
        case_answers.question,
        case_answers.answer_code,
        answers.answer_label,
        case_answers.reason_code,
        reasons.reason_label,
        rules.working_days as follow_up_working_days,
        rules.is_assumption,
        cast(case_answers.answered_at as date) as answered_on,
        cast(cases.first_called_at as date) as first_called_on,
        cast(cases.last_called_at as date) as last_called_on
    from {{ ref('int_case_answers') }} as case_answers
    inner join {{ ref('follow_up_rules') }} as rules
        on
            case_answers.answer_code = rules.answer_code
            and {{ is_valid_in('rules', 'case_answers.quarter') }}
    inner join {{ ref('int_called_cases') }} as cases
        on
            case_answers.region_code = cases.region_code
            and case_answers.quarter = cases.quarter
            and case_answers.case_id = cases.case_id
    left join {{ ref('answers') }} as answers
        on case_answers.answer_code = answers.answer_code
    left join {{ ref('reason_codes') }} as reasons
        on case_answers.reason_code = reasons.reason_code

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
        answered.follow_up_working_days,
        due_dates.due_on,
        answered.is_assumption as is_due_assumed,
        due_dates.is_calendar_known
    from answered
    left join {{ ref('int_follow_up_dates') }} as due_dates
        on
            answered.answered_on = due_dates.answered_on
            and answered.follow_up_working_days = due_dates.working_days

)

select * from dated
