{#
  A number as printed in an annex, with full-width digits, spaces, thousands separators or a percent sign, as `data_type`;
  NULL when the text is no number.
#}
{% macro printed_number(value, data_type) -%}
    try_cast(replace(replace({{ name_key(value) }}, ',', ''), '%', '') as {{ data_type }})
{%- endmacro %}
