{#- What every annex prints beside the percentages, in print order. -#}
{%- set counts = {'valid_frame_count': '有效样本框', 'sample_count': '抽样数'} -%}

-- The annexes of every measure as rows: departments in their places, and what is printed of each.
with annexes as (

    select
        positions.region_code,
        positions.quarter,
        positions.measure,
        positions.measure_name,
        positions.row_number,
        positions.department_code,
        positions.department_name,
        figures.figure,
        case
            {% for figure, label in counts.items() %}
                when figures.figure = '{{ figure }}' then '{{ label }}'
            {% endfor %}
            else annex_columns.figure_label
        end as figure_label,
        case
            {% for figure in counts %}
                when figures.figure = '{{ figure }}' then {{ loop.index }}
            {% endfor %}
            else annex_columns.figure_order + {{ counts | length }}
        end as figure_order,
        figures.figure_count,
        figures.figure_pct,
        figures.is_suppressed
    from {{ ref('int_annex_positions') }} as positions
    inner join {{ ref('int_annex_figures') }} as figures using (region_code, quarter, measure, department_code)
    left join {{ ref('int_region_annex_columns') }} as annex_columns using (region_code, quarter, measure, figure)

)

select * from annexes
