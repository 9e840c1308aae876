{{ config(materialized='incremental', tags=['records']) }}

with counted_rows as (

    select
        region_code,
        quarter,
        department_name,
        1 as frame_row,
        0 as called_case
    from {{ ref('int_frame') }}
    where exclusion_reason = 'unknown_department'
    union all
    -- a case without any department name is not here: int_called_outside_frame keeps it
    select
        region_code,
        quarter,
        department_name,
        0 as frame_row,
        1 as called_case
    from {{ ref('int_called_cases') }}
    where department_code is null and department_name is not null

),

unknown_departments as (

    select
        region_code,
        quarter,
        department_name,
        cast(sum(frame_row) as bigint) as frame_row_count,
        cast(sum(called_case) as bigint) as called_case_count
    from counted_rows
    group by region_code, quarter, department_name

)

select * from unknown_departments
