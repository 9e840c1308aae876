{{ config(materialized='incremental') }}

-- What the last revision of the same quarter published and what it masked, by department and measure. A later one keeps
-- to it: 9 answers masked and 10 published of which all are satisfied would give the 9 away.
select
    region_code,
    quarter,
    department_code,
    measure,
    suppression_reason
from {{ source('raw', 'released_masks') }}
