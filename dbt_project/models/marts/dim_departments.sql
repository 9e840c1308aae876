{{ config(alias='departments') }}

select
    region_code,
    quarter,
    department_code,
    department_name,
    valid_from,
    valid_to
from {{ ref('int_departments') }}
