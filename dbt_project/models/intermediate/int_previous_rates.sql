{{ config(materialized='incremental') }}

-- The quarter before, as released and not as this warehouse may hold it: a change is one of published figures.
select
    region_code,
    quarter,
    previous_quarter,
    previous_revision,
    department_code,
    measure,
    measure_definition,
    source_grain,
    answered_count,
    success_count,
    rate
from {{ source('raw', 'previous_rates') }}
