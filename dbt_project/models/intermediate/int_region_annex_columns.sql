-- The percentages an annex prints in a region and quarter, in the order of the scale: the first of them is the headline
-- figure. Those of another scale's annex are not among them: where 满意 is the second level of five, the column 满意率 of
-- the older annex would be read as the best.
with columns_of_answers as (

    select
        region_code,
        quarter,
        measure,
        figure,
        max(figure_label) as figure_label,
        min(answer_order) as figure_order,
        max(case when has_form then 1 else 0 end) = 1 as has_form,
        -- a column is a success when every answer it adds up is one
        min(case when is_success then 1 else 0 end) = 1 as is_success,
        count(*) as answer_count,
        min(answer_code) as first_answer_code
    from {{ ref('int_annex_answers') }}
    group by region_code, quarter, measure, figure

),

annex_columns as (

    select
        *,
        count(*) over (partition by region_code, quarter, measure) as column_count,
        figure_order = min(figure_order) over (partition by region_code, quarter, measure) as is_headline
    from columns_of_answers

)

select * from annex_columns
