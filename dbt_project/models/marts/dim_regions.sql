{{ config(alias='regions') }}

select
    region_code,
    region_name,
    parent_region_code,
    region_level,
    is_survey_region,
    district_count,
    sign_use
from {{ ref('regions') }}
