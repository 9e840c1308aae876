{{ config(alias='measures') }}

-- One row per measure, the same in every release: the definition it began with, the general one where there is one. A
-- later or regional one is no column of this table but a row of measure_definitions.
with first_periods as (

    select
        measure,
        measure_definition,
        row_number() over (
            partition by measure
            order by region_code is null desc, valid_from is null desc, valid_from asc
        ) as period_number
    from {{ ref('definition_periods') }}

),

measures as (

    select
        measures.measure,
        measures.measure_name,
        first_periods.measure_definition,
        measures.question,
        measures.measure_order
    from {{ ref('measures') }} as measures
    inner join first_periods using (measure)
    where first_periods.period_number = 1

)

select * from measures
