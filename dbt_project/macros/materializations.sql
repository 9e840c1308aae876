{#
  How a table is written: in its place, by one transaction. The adapter's own way builds a table beside the old one and
  renames both, for readers who look on and for catalogs that cannot take a definition back. Nobody looks on here: the
  warehouse is held by one run. A failed statement takes the whole transaction back, the old table is then still there.
  Per model this saves five statements and as many starts of Jinja.
#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {% call statement('main') -%}
        {{ drop_old(load_cached_relation(this)) }}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#
  A register is read by DuckDB, as the types its description names. The adapter's own way has DuckDB read it too, once Python
  has read it whole and guessed its types.
#}
{% materialization seed, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- do store_result('agate_table', response='read by DuckDB') -%}
    {% call statement('main') -%}
        {{ drop_old(load_cached_relation(this)) }}
        create table {{ target }} as
        select *
        from read_csv(
            '{{ adapter.get_seed_file_path(model) | replace("'", "''") }}', header = true, delim = ',', quote = '"',
            types = {{ config.get('column_types') }}
        );
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#
  The scope of a run is raw.deliveries: one row per region and quarter. What the table holds of those regions and quarters
  is deleted first, then the new rows go in. dbt's own delete+insert deletes only what has a new row, so it would keep the
  old rows of a delivery whose correction has none.
#}
{% materialization incremental, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set is_new = existing is none or existing.type != 'table' or should_full_refresh() -%}
    {% call statement('main') -%}
        {% if is_new %}
            {{ drop_old(existing) }}
            {{ create_table_as(False, target, compiled_code) }}
        {% else %}
            {{ replace_scope(target, compiled_code) }}
        {% endif %}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% macro drop_old(relation) -%}
    {% if relation is not none %}drop {{ relation.type }} if exists {{ relation }};{% endif %}
{%- endmacro %}

{% macro replace_scope(target, compiled_code) -%}
    {{ return(adapter.dispatch('replace_scope', 'callback_survey')(target, compiled_code)) }}
{%- endmacro %}

{% macro default__replace_scope(target, compiled_code) -%}
    {% if config.get('contract').enforced %}{{ get_assert_columns_equivalent(compiled_code) }}{% endif %}
    delete from {{ target }}
    where (region_code, quarter) in (
        select
            deliveries.region_code,
            deliveries.quarter
        from {{ source('raw', 'deliveries') }} as deliveries
    );

    insert into {{ target }} by name (
        {{ compiled_code }}
    );
{%- endmacro %}
