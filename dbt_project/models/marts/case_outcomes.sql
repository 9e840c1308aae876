{{ config(materialized='incremental', tags=['records']) }}

-- Record-level and restricted: case tokens instead of case numbers, no personal data, in no release.
with outcomes as (

    select
        cases.region_code,
        cases.quarter,
        cases.case_token,
        cases.department_code,
        cases.exclusion_reason,
        cases.disposition_code,
        dispositions.aapor_class,
        cases.attempt_count,
        cases.is_in_frame,
        cases.is_in_valid_frame,
        cases.first_called_at,
        cases.last_called_at
    from {{ ref('int_called_cases') }} as cases
    left join {{ ref('dispositions') }} as dispositions using (disposition_code)

)

select * from outcomes
