{# One limit of the seed finding_limits, as an aggregate over it. #}
{% macro finding_limit(finding_code, limit_name) -%}
    max(case when finding_code = '{{ finding_code }}' and limit_name = '{{ limit_name }}' then limit_value end)
{%- endmacro %}
