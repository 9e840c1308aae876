{#
  The scope of a run is raw.deliveries: one row per region and quarter. What an incremental model holds of those
  regions and quarters is deleted first, then the new rows go in. dbt's own delete+insert deletes only what has a
  new row, so it would keep the old rows of a delivery whose correction has none.
#}
{% macro get_incremental_replace_scope_sql(arg_dict) -%}
    {{ return(adapter.dispatch('replace_scope', 'callback_survey')(
        arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns']
    )) }}
{%- endmacro %}

{% macro default__replace_scope(target_relation, new_rows, dest_columns) -%}
    {%- set columns = dest_columns | map(attribute='name') | join(', ') -%}
    delete from {{ target_relation }}
    where (region_code, quarter) in (
        select
            deliveries.region_code,
            deliveries.quarter
        from {{ source('raw', 'deliveries') }} as deliveries
    );

    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ new_rows }}
{%- endmacro %}
