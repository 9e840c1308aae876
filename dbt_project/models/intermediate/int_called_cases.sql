{{ config(tags=['records']) }}

-- One row per called case of the run's regions and quarters, inside the valid frame or not.
with cases as (

    select
        region_code,
        quarter,
        case_id,
        min(case_token) as case_token,
        {{ last_by('department_name', attempt_order(), 'department_name is not null') }} as sent_name,
        {{ last_by('department_name_key', attempt_order(), 'department_name is not null') }} as department_name_key,
        -- an attempt that got an answer says more about the case than a later one nobody picked up
        coalesce(
            {{ last_by('disposition_code', attempt_order(), 'is_answered') }},
            {{ last_by('disposition_code', attempt_order(), 'true') }}
        ) as disposition_code,
        bool_or(is_answered) as is_answered,
        count(*) as attempt_count,
        min(called_at) as first_called_at,
        max(called_at) as last_called_at
    from {{ ref('stg_calls') }}
    group by region_code, quarter, case_id

),

frame as (

    select *
    from {{ ref('int_frame') }}
    where is_first_row_of_case

),

placed as (

    -- the frame says whose case it is, also when its row is excluded; only a case without a row takes the calls' word
    select
        cases.*,
        case
            when frame.case_id is null then known_names.department_code
            else frame.department_code
        end as department_code,
        case when frame.case_id is null then cases.sent_name else frame.department_name end as written_name,
        frame.exclusion_reason,
        frame.case_id is not null as is_in_frame,
        frame.case_id is not null and frame.exclusion_reason is null as is_in_valid_frame
    from cases
    left join frame using (region_code, quarter, case_id)
    left join {{ ref('int_department_names') }} as known_names using (region_code, quarter, department_name_key)

),

named as (

    select
        placed.region_code,
        placed.quarter,
        placed.case_id,
        placed.case_token,
        placed.department_code,
        coalesce(departments.department_name, placed.written_name) as department_name,
        placed.exclusion_reason,
        placed.disposition_code,
        -- somebody was interviewed: by what the calls say of themselves, or by an answer that one of them brought
        placed.is_answered or coalesce(dispositions.aapor_class in ('I', 'P'), false) as is_interviewed,
        placed.attempt_count,
        placed.is_in_frame,
        placed.is_in_valid_frame,
        placed.first_called_at,
        placed.last_called_at
    from placed
    left join {{ ref('int_departments') }} as departments using (region_code, quarter, department_code)
    left join {{ ref('dispositions') }} as dispositions using (disposition_code)

)

select * from named
