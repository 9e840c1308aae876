{{ config(alias='measures') }}

with measures as (

    select
        measure,
        measure_name,
        measure_definition,
        question,
        measure_order
    from {{ ref('measures') }}

)

select * from measures
