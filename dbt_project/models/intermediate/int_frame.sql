{{ config(tags=['records']) }}

-- The frame rows of the run's regions and quarters, each with the first reason that keeps it out of the valid frame.
with called_cases as (

    select distinct
        region_code,
        quarter,
        case_id
    from {{ ref('stg_calls') }}

),

recognised as (

    select
        frame.*,
        known_names.department_code,
        row_number() over (
            partition by frame.region_code, frame.quarter, frame.case_id
            order by frame.file, frame.line
        ) as row_of_case,
        called_cases.case_id is not null as is_called
    from {{ ref('stg_frame') }} as frame
    left join {{ ref('int_department_names') }} as known_names using (region_code, quarter, department_name_key)
    left join called_cases using (region_code, quarter, case_id)

),

judged_alone as (

    select
        *,
        case
            when row_of_case > 1 then 'duplicate_case'
            when department_code is null then 'unknown_department'
            when coalesce({{ quarter_of('completed_on') }} <> quarter, true) then 'outside_quarter'
            when not is_phone_valid then 'invalid_phone'
        end as own_reason
    from recognised

),

judged_by_person as (

    select
        *,
        -- the cases of one person in one department, the one to keep first; rows that are already out do not compete
        row_number() over (
            partition by region_code, quarter, department_code, phone_token, own_reason is null
            order by is_called desc, completed_on desc, case_id desc
        ) as row_of_person
    from judged_alone

),

judged as (

    select
        region_code,
        quarter,
        file,
        line,
        case_id,
        phone_token,
        department_code,
        department_name,
        case
            when own_reason is not null then own_reason
            -- whoever was called stays: two called cases of one person are a finding, not an exclusion
            when row_of_person > 1 and not is_called then 'duplicate_phone'
        end as exclusion_reason,
        row_of_case = 1 as is_first_row_of_case,
        is_called,
        completed_on
    from judged_by_person

)

select * from judged
