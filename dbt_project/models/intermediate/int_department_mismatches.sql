{{ config(materialized='incremental', tags=['records']) }}

-- Cases whose calls name another department than their frame row. The frame says whose case it is.
with named_otherwise as (

    -- one row per case and other name: a name that folds to the frame's, or is an alias of it, is no other
    select distinct
        cases.region_code,
        cases.quarter,
        cases.case_id,
        cases.department_code,
        coalesce(called_departments.department_name, calls.department_name_key) as called_name
    from {{ ref('stg_calls') }} as calls
    inner join {{ ref('int_called_cases') }} as cases using (region_code, quarter, case_id)
    left join {{ ref('int_department_names') }} as known_names using (region_code, quarter, department_name_key)
    left join {{ ref('int_departments') }} as called_departments
        on
            known_names.region_code = called_departments.region_code
            and known_names.quarter = called_departments.quarter
            and known_names.department_code = called_departments.department_code
    where
        cases.is_in_frame
        and calls.department_name is not null
        and known_names.department_code is distinct from cases.department_code

),

called_names as (

    select
        region_code,
        quarter,
        department_code,
        called_name,
        count(*) as case_count
    from named_otherwise
    group by region_code, quarter, department_code, called_name

),

name_lists as (

    select
        region_code,
        quarter,
        department_code,
        {{ joined_text("concat(called_name, ' (', cast(case_count as string), ')')", 'called_name') }} as called_names
    from called_names
    group by region_code, quarter, department_code

),

departments as (

    select
        region_code,
        quarter,
        department_code,
        count(distinct case_id) as case_count
    from named_otherwise
    group by region_code, quarter, department_code

),

mismatches as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.case_count,
        name_lists.called_names
    from departments
    inner join name_lists
        on
            departments.region_code = name_lists.region_code
            and departments.quarter = name_lists.quarter
            and departments.department_code is not distinct from name_lists.department_code

)

select * from mismatches
