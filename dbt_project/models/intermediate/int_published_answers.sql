-- Of quarters of which only the annexes survive: the share of each answer, where a printed column is that answer alone.
-- 实现率 is printed for 零上门 and 一次 together: how it splits is not known, so both are NULL.
with single_answers as (

    select
        region_code,
        quarter,
        measure,
        figure,
        first_answer_code as answer_code
    from {{ ref('int_region_annex_columns') }}
    where answer_count = 1

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
        answers.is_success
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_measure_answers') }} as answers
        on
            measures.region_code = answers.region_code
            and measures.quarter = answers.quarter
            and measures.measure = answers.measure
    left join single_answers
        on
            measures.region_code = single_answers.region_code
            and measures.quarter = single_answers.quarter
            and measures.measure = single_answers.measure
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
