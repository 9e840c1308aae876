{%- set counts = ['valid_frame_count', 'sample_count'] -%}

-- What the lines of the annexes print, a row per figure. A line is of the annex of which it has the columns, filled in
-- or not, and its counts are printed there; of two annexes in one table, in both.
with lines as (

    select
        *,
        {{ name_key('department_name') }} as department_name_key
    from {{ source('raw', 'published') }}

),

percentages as (

    select
        region_code,
        quarter,
        file,
        line,
        measure,
        figure,
        {{ printed_number('printed', 'decimal(5, 2)') }} as published_pct
    from {{ source('raw', 'figures') }}

),

annexes as (

    select distinct
        region_code,
        quarter,
        file,
        line,
        measure
    from percentages

),

figures as (

    select
        *,
        cast(null as bigint) as published_count
    from percentages
    {% for count in counts %}
        union all
        select
            annexes.*,
            '{{ count }}' as figure,
            cast(null as decimal(5, 2)) as published_pct,
            {{ printed_number('lines.' ~ count, 'bigint') }} as published_count
        from lines
        inner join annexes using (region_code, quarter, file, line)
    {% endfor %}

),

printed_figures as (

    select
        figures.region_code,
        figures.quarter,
        figures.file,
        figures.line,
        lines.department_name,
        lines.department_name_key,
        figures.measure,
        figures.figure,
        figures.published_pct,
        figures.published_count
    from figures
    inner join lines using (region_code, quarter, file, line)
    where figures.published_pct is not null or figures.published_count is not null

)

select * from printed_figures
