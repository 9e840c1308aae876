{# One annex: departments in their places, the measure's figures as columns, the counts; the contract orders them. #}
{% macro annex(measure, figures) -%}
with figures as (

    select
        region_code,
        quarter,
        department_code,
        {% for figure in figures %}
            max(case when figure = '{{ figure }}' then figure_pct end) as {{ figure }},
        {% endfor %}
        max(case when figure = 'valid_frame_count' then figure_count end) as valid_frame_count,
        max(case when figure = 'sample_count' then figure_count end) as sample_count
    from {{ ref('int_annex_figures') }}
    where measure = '{{ measure }}'
    group by region_code, quarter, department_code

),

annex as (

    select
        positions.region_code,
        positions.quarter,
        positions.row_number,
        positions.department_code,
        positions.department_name,
        {% for figure in figures %}
            figures.{{ figure }},
        {% endfor %}
        figures.valid_frame_count,
        figures.sample_count
    from {{ ref('int_annex_positions') }} as positions
    inner join figures using (region_code, quarter, department_code)
    where positions.measure = '{{ measure }}'

)

select * from annex
{%- endmacro %}
