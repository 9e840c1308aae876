{{ config(alias='measure_definitions') }}

select
    region_code,
    quarter,
    measure,
    measure_name,
    measure_definition,
    definition_label,
    question,
    scale
from {{ ref('int_measure_definitions') }}
