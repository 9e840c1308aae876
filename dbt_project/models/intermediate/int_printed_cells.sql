-- Printed percentages as whole hundredths of a point, and whether each can be a share of the printed sample.
with samples as (

    select
        figures.region_code,
        figures.quarter,
        figures.department_code,
        figures.measure,
        figures.published_count as sample_count
    from {{ ref('int_published_figures') }} as figures
    where
        figures.figure = 'sample_count'
        and figures.department_code is not null
        and figures.published_count > 0

),

cells as (

    -- one row per department, measure and printed column
    select
        samples.region_code,
        samples.quarter,
        samples.department_code,
        samples.measure,
        annex_columns.figure,
        annex_columns.figure_order,
        annex_columns.column_count,
        annex_columns.is_headline,
        samples.sample_count,
        figures.published_pct,
        {{ hundredths('figures.published_pct') }} as printed_hundredths
    from samples
    inner join {{ ref('int_annex_columns') }} as annex_columns
        on samples.measure = annex_columns.measure
    inner join {{ ref('int_published_figures') }} as figures
        on
            samples.region_code = figures.region_code
            and samples.quarter = figures.quarter
            and samples.department_code = figures.department_code
            and samples.measure = figures.measure
            and annex_columns.figure = figures.figure
    where figures.published_pct is not null

),

judged as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        figure,
        figure_order,
        column_count,
        sample_count,
        published_pct,
        printed_hundredths,
        is_headline,
        {{ least_part('printed_hundredths', 'sample_count') }}
        <= {{ most_part('printed_hundredths', 'sample_count') }} as is_possible_at_sample
    from cells

)

select * from judged
