{{ config(materialized='incremental', tags=['records']) }}

select
    region_code,
    quarter,
    department_code,
    exclusion_reason,
    count(*) as frame_row_count,
    count(*) filter (where is_called) as called_row_count
from {{ ref('int_frame') }}
where exclusion_reason is not null
group by region_code, quarter, department_code, exclusion_reason
