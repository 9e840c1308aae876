{{ config(materialized='incremental') }}

-- Small, and the list of what the warehouse holds: the marts are built over it, not over the scope of one run.
select
    region_code,
    quarter,
    delivery_id,
    has_cases,
    has_published
from {{ source('raw', 'deliveries') }}
