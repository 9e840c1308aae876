{#
  The value of the row that comes last by `order_by` (columns never NULL), among rows where `condition` holds. Rows whose
  value is NULL are passed over: by DuckDB, and so on Spark.
#}
{% macro last_by(value, order_by, condition) -%}
    {{ return(adapter.dispatch('last_by', 'callback_survey')(value, order_by, condition)) }}
{%- endmacro %}

{% macro default__last_by(value, order_by, condition) -%}
    max_by({{ value }}, struct({{ order_by | join(', ') }})) filter (where ({{ condition }}) and {{ value }} is not null)
{%- endmacro %}

{% macro duckdb__last_by(value, order_by, condition) -%}
    arg_max({{ value }}, ({{ order_by | join(', ') }})) filter (where {{ condition }})
{%- endmacro %}

{# The value of the row that comes first by `order_by`. #}
{% macro first_by(value, order_by, condition) -%}
    {{ return(adapter.dispatch('first_by', 'callback_survey')(value, order_by, condition)) }}
{%- endmacro %}

{% macro default__first_by(value, order_by, condition) -%}
    min_by({{ value }}, struct({{ order_by | join(', ') }})) filter (where ({{ condition }}) and {{ value }} is not null)
{%- endmacro %}

{% macro duckdb__first_by(value, order_by, condition) -%}
    arg_min({{ value }}, ({{ order_by | join(', ') }})) filter (where {{ condition }})
{%- endmacro %}

{# The order of call attempts (methodology, counts): the last one is the one that counts. #}
{% macro attempt_order() -%}
    {{ return(['called_at', 'attempt_no', 'file', 'line']) }}
{%- endmacro %}

{# The values of a group as one text, in the order of `order_by`. #}
{% macro joined_text(value, order_by) -%}
    {{ return(adapter.dispatch('joined_text', 'callback_survey')(value, order_by)) }}
{%- endmacro %}

{% macro default__joined_text(value, order_by) -%}
    listagg({{ value }}, ', ') within group (order by {{ order_by }})
{%- endmacro %}

{% macro duckdb__joined_text(value, order_by) -%}
    string_agg({{ value }}, ', ' order by {{ order_by }})
{%- endmacro %}
