{{ config(materialized='incremental', tags=['records']) }}

-- Attempted cases by how they ended, inside the valid frame or not: the same cases the sample counts.
select
    cases.region_code,
    cases.quarter,
    cases.department_code,
    dispositions.aapor_class,
    count(*) as case_count
from {{ ref('int_called_cases') }} as cases
left join {{ ref('dispositions') }} as dispositions using (disposition_code)
group by cases.region_code, cases.quarter, cases.department_code, dispositions.aapor_class
