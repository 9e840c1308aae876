{{ config(alias='finding_codes') }}

with finding_codes as (

    select
        finding_code,
        finding_order,
        severity,
        title,
        title_en,
        meaning
    from {{ ref('finding_codes') }}

)

select * from finding_codes
