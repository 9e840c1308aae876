{# One annex as a table: departments in their places, the measure's figures as columns. #}
{% macro annex(measure, figures) -%}
select
    region_code,
    quarter,
    row_number,
    department_code,
    department_name,
    {% for figure in figures %}
        max(case when figure = '{{ figure }}' then figure_pct end) as {{ figure }},
    {% endfor %}
    max(case when figure = 'valid_frame_count' then figure_count end) as valid_frame_count,
    max(case when figure = 'sample_count' then figure_count end) as sample_count
from {{ ref('annexes') }}
where measure = '{{ measure }}'
group by region_code, quarter, row_number, department_code, department_name
{%- endmacro %}
