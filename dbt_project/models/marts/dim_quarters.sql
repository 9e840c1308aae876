{{ config(alias='quarters') }}

with quarters as (

    select distinct quarter from {{ ref('int_region_quarters') }}

),

dated as (

    select
        quarter,
        cast(substring(quarter, 1, 4) as bigint) as year_number,
        cast(substring(quarter, 6, 1) as bigint) as quarter_number,
        {{ quarter_starts_on('quarter') }} as starts_on,
        {{ quarter_ends_on('quarter') }} as ends_on
    from quarters

),

labelled as (

    select
        quarter,
        concat(
            cast(year_number as string),
            '年第',
            case quarter_number when 1 then '一' when 2 then '二' when 3 then '三' else '四' end,
            '季度'
        ) as quarter_label,
        year_number,
        quarter_number,
        starts_on,
        ends_on
    from dated

)

select * from labelled
