{{ config(materialized='incremental') }}

with recognised as (

    select
        published.region_code,
        published.quarter,
        known_names.department_code,
        -- a printed name nobody knows stays visible, without a code
        coalesce(departments.department_name, published.department_name_key) as department_name,
        published.measure,
        published.figure,
        published.published_pct,
        published.published_count,
        published.file,
        published.line
    from {{ ref('stg_published') }} as published
    left join {{ ref('int_region_annex_columns') }} as annex_columns using (region_code, quarter, measure, figure)
    left join {{ ref('int_department_names') }} as known_names using (region_code, quarter, department_name_key)
    left join {{ ref('int_departments') }} as departments using (region_code, quarter, department_code)
    -- a percentage is only read where the region's annex has its column; counts mean the same in every annex
    where published.published_count is not null or annex_columns.figure is not null

),

numbered as (

    select
        *,
        row_number() over (
            partition by region_code, quarter, department_name, measure, figure
            order by file, line
        ) as time_printed,
        count(*) over (
            partition by region_code, quarter, department_name, measure, figure
        ) as line_count
    from recognised

),

figures as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        measure,
        figure,
        published_pct,
        published_count,
        line_count
    from numbered
    -- a department printed twice in one annex is read by its first line
    where time_printed = 1

)

select * from figures
