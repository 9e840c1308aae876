with names as (

    select
        region_code,
        quarter,
        department_code,
        department_name as known_name
    from {{ ref('int_departments') }}
    union all
    -- an alias of a department that is not valid in the quarter names nobody
    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        aliases.alias as known_name
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('department_aliases') }} as aliases using (region_code, department_code)
    where {{ is_valid_in('aliases', 'departments.quarter') }}

),

name_keys as (

    select distinct
        region_code,
        quarter,
        {{ name_key('known_name') }} as department_name_key,
        department_code
    from names

)

select * from name_keys
