-- Of quarters of which only the annexes survive: the share of each answer, where a printed column is that answer alone.
-- 实现率 is printed for 零上门 and 一次 together: how it splits is not known, so both are NULL.
with single_answers as (

    select
        measure,
        figure,
        min(answer_code) as answer_code
    from {{ ref('annex_figures') }}
    group by measure, figure
    having count(*) = 1

),

printed_answers as (

    select
        measures.region_code,
        measures.quarter,
        measures.department_code,
        measures.measure,
        answers.answer_code,
        answers.answer_label,
        answers.answer_order,
        cast(null as bigint) as answer_count,
        figures.figure_pct as answer_pct,
        successes.answer_code is not null as is_success
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('answers') }} as answers
        on measures.question = answers.question
    left join {{ ref('measure_successes') }} as successes
        on
            measures.measure = successes.measure
            and answers.answer_code = successes.answer_code
    left join single_answers
        on
            measures.measure = single_answers.measure
            and answers.answer_code = single_answers.answer_code
    left join {{ ref('int_annex_figures') }} as figures
        on
            measures.region_code = figures.region_code
            and measures.quarter = figures.quarter
            and measures.department_code = figures.department_code
            and measures.measure = figures.measure
            and single_answers.figure = figures.figure
    where measures.source_grain = 'published'

)

select * from printed_answers
