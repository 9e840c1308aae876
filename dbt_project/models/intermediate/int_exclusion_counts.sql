{{ config(materialized='incremental') }}

with exclusion_counts as (

    select
        region_code,
        quarter,
        department_code,
        exclusion_reason,
        count(*) as frame_row_count,
        cast(sum(case when is_called then 1 else 0 end) as bigint) as called_row_count
    from {{ ref('int_frame') }}
    where exclusion_reason is not null
    group by region_code, quarter, department_code, exclusion_reason

)

select * from exclusion_counts
