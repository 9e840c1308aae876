-- The answers a measure can have in a region and quarter, and which of them its definition counts.
with measure_answers as (

    select
        definitions.region_code,
        definitions.quarter,
        definitions.measure,
        definitions.question,
        answers.answer_code,
        answers.answer_label,
        answers.answer_order,
        successes.answer_code is not null as is_success
    from {{ ref('int_measure_definitions') }} as definitions
    inner join {{ ref('answers') }} as answers
        on definitions.scale = answers.scale
    left join {{ ref('measure_successes') }} as successes
        on
            definitions.measure = successes.measure
            and definitions.measure_definition = successes.measure_definition
            and answers.answer_code = successes.answer_code

)

select * from measure_answers
