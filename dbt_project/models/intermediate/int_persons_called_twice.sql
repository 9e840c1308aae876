{{ config(materialized='incremental', tags=['records']) }}

-- People of whom several cases of one department were called: all of these cases stay valid, and all of them count.
with persons as (

    select
        region_code,
        quarter,
        department_code,
        called_phone_token,
        count(*) as case_count
    from {{ ref('int_frame') }}
    where exclusion_reason is null and is_called
    group by region_code, quarter, department_code, called_phone_token
    having count(*) > 1

),

departments as (

    select
        region_code,
        quarter,
        department_code,
        count(*) as person_count,
        cast(sum(case_count) as bigint) as case_count
    from persons
    group by region_code, quarter, department_code

)

select * from departments
