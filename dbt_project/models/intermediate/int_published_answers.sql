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

answers as (

    select
        measure_answers.*,
        single_answers.figure
    from {{ ref('int_measure_answers') }} as measure_answers
    left join single_answers using (region_code, quarter, measure, answer_code)

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
        answers.is_success,
        false as is_suppressed
    from {{ ref('int_department_measures') }} as measures
    inner join answers using (region_code, quarter, measure)
    left join {{ ref('int_annex_figures') }} as figures
        using (region_code, quarter, measure, department_code, figure)
    where measures.source_grain = 'published'

)

select * from printed_answers
