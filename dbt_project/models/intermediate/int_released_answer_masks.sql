{{ config(materialized='incremental') }}

-- The answers that the last revision of the same quarter masked: a later one masks them, too, or the difference of the
-- two could be made.
select
    region_code,
    quarter,
    department_code,
    measure,
    answer_code
from {{ source('raw', 'released_answer_masks') }}
