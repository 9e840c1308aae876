{#
  The schema is the folder's name and nothing else: `marts`, not `main_marts`. A cluster holds the schemas of several homes: there
  the home's own word stands before it.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set name = custom_schema_name | trim if custom_schema_name is not none else target.schema -%}
    {{ target.schema ~ '_' ~ name if target.type == 'spark' else name }}
{%- endmacro %}
