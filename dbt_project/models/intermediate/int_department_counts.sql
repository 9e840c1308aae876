{{ config(materialized='incremental', tags=['records']) }}

-- The frame and the sample are counted apart and only then put side by side: counted through a join of the two, the
-- sample could never exceed the frame, and the gate that looks for it could never fail.
with counted_rows as (

    select
        region_code,
        quarter,
        department_code,
        1 as frame_row,
        case when exclusion_reason is null then 1 else 0 end as valid_row,
        0 as called_case,
        0 as interviewed_case
    from {{ ref('int_frame') }}
    union all
    select
        region_code,
        quarter,
        department_code,
        0 as frame_row,
        0 as valid_row,
        1 as called_case,
        case when is_interviewed then 1 else 0 end as interviewed_case
    from {{ ref('int_called_cases') }}

),

department_counts as (

    select
        region_code,
        quarter,
        department_code,
        cast(sum(frame_row) as bigint) as frame_row_count,
        cast(sum(valid_row) as bigint) as valid_frame_count,
        cast(sum(called_case) as bigint) as sample_count,
        cast(sum(interviewed_case) as bigint) as interviewed_count
    from counted_rows
    group by region_code, quarter, department_code

)

select * from department_counts
