{{ config(materialized='incremental') }}

-- Record-level and restricted: case tokens instead of case numbers, no personal data, in no release.
with answers as (

    select
        region_code,
        quarter,
        case_id,
        max(case when question = 'satisfaction' then answer_code end) as satisfaction_code,
        max(case when question = 'visits' then answer_code end) as visits_code
    from {{ ref('int_case_answers') }}
    group by region_code, quarter, case_id

),

outcomes as (

    select
        cases.region_code,
        cases.quarter,
        cases.case_token,
        cases.department_code,
        cases.exclusion_reason,
        cases.disposition_code,
        dispositions.aapor_class,
        answers.satisfaction_code,
        answers.visits_code,
        cases.attempt_count,
        cases.is_in_frame,
        cases.is_in_valid_frame,
        cases.first_called_at,
        cases.last_called_at
    from {{ ref('int_called_cases') }} as cases
    left join {{ ref('dispositions') }} as dispositions using (disposition_code)
    left join answers using (region_code, quarter, case_id)

)

select * from outcomes
