{# Day of the week of a date: 1 is Monday, 7 is Sunday. #}
{% macro iso_weekday(date_column) -%}
    {{ return(adapter.dispatch('iso_weekday', 'callback_survey')(date_column)) }}
{%- endmacro %}

{% macro default__iso_weekday(date_column) -%}
    weekday({{ date_column }}) + 1
{%- endmacro %}

{% macro duckdb__iso_weekday(date_column) -%}
    extract(isodow from {{ date_column }})
{%- endmacro %}

{# The date some days after another. #}
{% macro days_after(date_column, days) -%}
    {{ return(adapter.dispatch('days_after', 'callback_survey')(date_column, days)) }}
{%- endmacro %}

{% macro default__days_after(date_column, days) -%}
    date_add({{ date_column }}, cast({{ days }} as int))
{%- endmacro %}

{% macro duckdb__days_after(date_column, days) -%}
    {{ date_column }} + cast({{ days }} as integer)
{%- endmacro %}
