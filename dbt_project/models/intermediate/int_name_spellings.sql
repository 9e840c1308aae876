{{ config(materialized='incremental', tags=['records']) }}

-- How the delivery writes the names of departments, character by character, and how often.
with printed_lines as (

    -- one row per line of an annex, which prints several figures
    select distinct
        region_code,
        quarter,
        file,
        line,
        measure,
        department_name,
        department_name_key
    from {{ ref('stg_published') }}

),

names as (

    select
        region_code,
        quarter,
        'frame' as dataset,
        department_name,
        department_name_key
    from {{ ref('stg_frame') }}
    union all
    select
        region_code,
        quarter,
        'calls' as dataset,
        department_name,
        department_name_key
    from {{ ref('stg_calls') }}
    union all
    select
        region_code,
        quarter,
        concat('annex_', measure) as dataset,
        department_name,
        department_name_key
    from printed_lines

),

spellings as (

    -- names that nobody knows are not here: gate 1 tells them
    select
        names.region_code,
        names.quarter,
        names.dataset,
        known_names.department_code,
        names.department_name,
        names.department_name_key,
        count(*) as row_count
    from names
    inner join {{ ref('int_department_names') }} as known_names using (region_code, quarter, department_name_key)
    group by
        names.region_code, names.quarter, names.dataset, known_names.department_code, names.department_name,
        names.department_name_key

)

select * from spellings
