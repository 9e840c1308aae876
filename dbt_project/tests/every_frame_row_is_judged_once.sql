-- Why: a name that matched two departments would double rows, an inner join would lose them, and both would look like a
-- changed frame.
with delivered as (

    select
        region_code,
        quarter,
        count(*) as row_count
    from {{ ref('stg_frame') }}
    group by region_code, quarter

),

counted as (

    select
        region_code,
        quarter,
        sum(frame_row_count) as row_count
    from {{ ref('int_department_counts') }}
    group by region_code, quarter

)

select
    delivered.region_code,
    delivered.quarter,
    delivered.row_count as delivered_count,
    counted.row_count as counted_count
from delivered
left join counted using (region_code, quarter)
where delivered.row_count is distinct from counted.row_count
