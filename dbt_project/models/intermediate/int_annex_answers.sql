-- The figure under which an annex prints each answer in a region and quarter: as the register says, where the measure
-- has a form for the scale; else each answer has a figure of its own.
with formed as (

    select
        answers.*,
        annex_figures.figure,
        annex_figures.figure_label,
        count(annex_figures.figure) over (
            partition by answers.region_code, answers.quarter, answers.measure
        ) > 0 as has_form
    from {{ ref('int_measure_answers') }} as answers
    left join {{ ref('annex_figures') }} as annex_figures using (measure, answer_code)

),

printed as (

    select
        region_code,
        quarter,
        measure,
        answer_code,
        answer_order,
        is_success,
        has_form,
        case when has_form then figure else concat(answer_code, '_pct') end as figure,
        case when has_form then figure_label else concat(answer_label, '（%）') end as figure_label
    from formed
    -- an answer that a form leaves out is not printed
    where figure is not null or not has_form

)

select * from printed
