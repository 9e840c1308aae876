{{ config(tags=['records']) }}

select
    region_code,
    quarter,
    file,
    line,
    case_id,
    case_token,
    department_name,
    {{ name_key('department_name') }} as department_name_key,
    phone_token,
    service_item,
    is_phone_valid,
    cast(completed_on as date) as completed_on
from {{ source('raw', 'frame') }}
