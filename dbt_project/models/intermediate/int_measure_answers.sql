-- The answers a measure can have in a region and quarter, and which of them its definition counts.
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
inner join {{ ref('answers') }} as answers using (scale)
left join {{ ref('measure_successes') }} as successes
    using (measure, measure_definition, answer_code)
