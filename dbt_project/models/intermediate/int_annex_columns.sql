-- The percentages an annex prints, one row each. The first of them, on the scale best first, is the headline figure.
with ordered as (

    select
        annex_figures.measure,
        annex_figures.figure,
        max(annex_figures.figure_label) as figure_label,
        min(answers.answer_order) as figure_order
    from {{ ref('annex_figures') }} as annex_figures
    inner join {{ ref('answers') }} as answers using (answer_code)
    group by annex_figures.measure, annex_figures.figure

),

annex_columns as (

    select
        *,
        count(*) over (partition by measure) as column_count,
        figure_order = min(figure_order) over (partition by measure) as is_headline
    from ordered

)

select * from annex_columns
