-- The definition and scale by which a region is measured in a quarter: its own period goes before that of the city,
-- this before the province's, and each of them before the general one. Landing chooses the scale by the same rule.
with candidates as (

    select
        region_quarters.region_code,
        region_quarters.quarter,
        rules.measure,
        rules.measure_definition,
        row_number() over (
            partition by region_quarters.region_code, region_quarters.quarter, rules.measure
            order by {{ rule_distance() }}
        ) as choice
    {{ from_rules_of_regions('definition_periods') }}

),

scale_questions as (

    select
        scale,
        min(question) as question
    from {{ ref('answers') }}
    group by scale

),

definitions as (

    select
        candidates.region_code,
        candidates.quarter,
        candidates.measure,
        measures.measure_name,
        -- one measure may be asked by another question elsewhere: the scale's answers say by which
        coalesce(scale_questions.question, measures.question) as question,
        candidates.measure_definition,
        definitions.definition_label,
        definitions.scale,
        measures.measure_order
    from candidates
    inner join {{ ref('measures') }} as measures using (measure)
    inner join {{ ref('measure_definitions') }} as definitions using (measure, measure_definition)
    left join scale_questions on definitions.scale = scale_questions.scale
    where candidates.choice = 1

)

select * from definitions
