-- Printed percentages as whole hundredths of a point, and whether each can be a share of the printed sample.
with samples as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        published_count as sample_count
    from {{ ref('int_published_figures') }}
    where figure = 'sample_count' and department_code is not null and published_count > 0

),

cells as (

    -- one row per department, measure and printed column
    select
        samples.*,
        annex_columns.figure,
        annex_columns.figure_order,
        annex_columns.column_count,
        annex_columns.is_headline,
        figures.published_pct,
        {{ hundredths('figures.published_pct') }} as printed_hundredths
    from samples
    inner join {{ ref('int_region_annex_columns') }} as annex_columns using (region_code, quarter, measure)
    inner join {{ ref('int_published_figures') }} as figures
        using (region_code, quarter, measure, department_code, figure)
    where figures.published_pct is not null

),

judged as (

    select
        *,
        {{ least_part('printed_hundredths', 'sample_count') }}
        <= {{ most_part('printed_hundredths', 'sample_count') }} as is_possible_at_sample
    from cells

)

select * from judged
