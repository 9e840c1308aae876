{{ config(alias='disclosure_rules') }}

select
    region_code,
    quarter,
    is_exempt,
    fewest_answers_count,
    smallest_frame_count,
    smallest_cell_count,
    reason
from {{ ref('int_disclosure_rules') }}
