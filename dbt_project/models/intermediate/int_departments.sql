select
    region_quarters.region_code,
    region_quarters.quarter,
    register.department_code,
    register.department_name,
    register.valid_from,
    register.valid_to
from {{ ref('int_region_quarters') }} as region_quarters
inner join {{ ref('departments') }} as register using (region_code)
where {{ is_valid_in('register', 'region_quarters.quarter') }}
