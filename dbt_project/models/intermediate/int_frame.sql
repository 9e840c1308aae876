{{ config(tags=['records']) }}

-- The frame rows of the run's regions and quarters, each with the first reason that keeps it out of the valid frame.
-- Nearly every case and every person comes once. Which may come again is told by hashes, and only their rows are
-- sorted: a hash that two share by chance costs two rows more and changes nothing.
with called_cases as (

    select distinct
        region_code,
        quarter,
        case_id
    from {{ ref('stg_calls') }}

),

recognised as {{ inlined() }} (

    select
        frame.*,
        known_names.department_code,
        hash(region_code, quarter, frame.case_id) as case_hash,
        hash(region_code, quarter, known_names.department_code, frame.phone_token) as person_hash
    from {{ ref('stg_frame') }} as frame
    left join {{ ref('int_department_names') }} as known_names using (region_code, quarter, department_name_key)

),

repeated_cases as (

    select case_hash
    from recognised
    group by case_hash
    having count(*) > 1

),

rows_of_cases as (

    select
        region_code,
        quarter,
        file,
        line,
        row_number() over (partition by region_code, quarter, case_id order by file, line) as row_of_case
    from recognised
    where case_hash in (select repeated_cases.case_hash from repeated_cases)

),

judged_alone as {{ inlined() }} (

    select
        recognised.*,
        called_cases.case_id is not null as is_called,
        coalesce(rows_of_cases.row_of_case, 1) = 1 as is_first_row_of_case,
        case
            when rows_of_cases.row_of_case > 1 then 'duplicate_case'
            when recognised.department_code is null then 'unknown_department'
            when coalesce({{ quarter_of('recognised.completed_on') }} <> quarter, true) then 'outside_quarter'
            when not recognised.is_phone_valid then 'invalid_phone'
        end as own_reason
    from recognised
    left join rows_of_cases using (region_code, quarter, file, line)
    left join called_cases using (region_code, quarter, case_id)

),

repeated_persons as (

    select person_hash
    from judged_alone
    where own_reason is null
    group by person_hash
    having count(*) > 1

),

rows_of_persons as (

    select
        region_code,
        quarter,
        file,
        line,
        -- the cases of one person in one department, the one to keep first; rows that are already out do not compete
        row_number() over (
            partition by region_code, quarter, department_code, phone_token
            order by is_called desc, completed_on desc, case_id desc
        ) as row_of_person
    from judged_alone
    where own_reason is null and person_hash in (select repeated_persons.person_hash from repeated_persons)

),

judged as (

    select
        region_code,
        quarter,
        file,
        line,
        judged_alone.case_id,
        -- what persons called twice are told by; of all rows it would be half of what is written
        case when judged_alone.is_called then judged_alone.phone_token end as called_phone_token,
        judged_alone.department_code,
        judged_alone.department_name,
        case
            when judged_alone.own_reason is not null then judged_alone.own_reason
            -- whoever was called stays: two called cases of one person are a finding, not an exclusion
            when rows_of_persons.row_of_person > 1 and not judged_alone.is_called then 'duplicate_phone'
        end as exclusion_reason,
        judged_alone.is_first_row_of_case,
        judged_alone.is_called
    from judged_alone
    left join rows_of_persons using (region_code, quarter, file, line)

)

select * from judged
