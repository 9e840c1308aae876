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

{% macro duckdb__replace_scope(target, compiled_code) -%}
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

{# On Spark: a table of files, one folder for each region and quarter, so that these can be replaced alone. #}
{% materialization incremental, adapter='spark' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set is_new = existing is none or existing.type != 'table' or should_full_refresh() -%}
    {%- if is_new and existing is not none -%}{%- do adapter.drop_relation(existing) -%}{%- endif -%}
    {% call statement('main') -%}
        {% if is_new %}
            {{ create_table_as(False, target, compiled_code) }}
        {% else %}
            {{ replace_scope(target, compiled_code) }}
        {% endif %}
    {%- endcall %}
    {%- do persist_constraints(target, model) -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#
  Overwriting would leave the folder of a region and quarter that has no row any more: those of the run are dropped
  first. No transaction spans both: a build that was killed between them is not built upon (warehouse/cluster.py).
#}
{% macro spark__replace_scope(target, compiled_code) -%}
    {% if config.get('contract').enforced %}{{ get_assert_columns_equivalent(compiled_code) }}{% endif %}
    {%- set scope = [] -%}
    {%- for row in run_query('select region_code, quarter from ' ~ source('raw', 'deliveries')).rows -%}
        {%- do scope.append("partition (region_code = '" ~ row[0] ~ "', quarter = '" ~ row[1] ~ "')") -%}
    {%- endfor -%}
    {%- if scope -%}
        {%- do run_query('alter table ' ~ target ~ ' drop if exists ' ~ scope | join(', ')) -%}
    {%- endif -%}
    insert into {{ target }} by name {{ compiled_code }}
{%- endmacro %}

{# A table that is replaced by quarters lies in a folder for each: what dbt asks when it makes one. #}
{% macro spark__partition_cols(label, required=false) -%}
    {% if model.config.materialized == 'incremental' %}{{ label }} (region_code, quarter){% endif %}
{%- endmacro %}

{#
  A contract's `not_null`, as Spark keeps none for files: looked for once the table is written, and nothing is built on
  one that breaks it. dbt calls this with each model that has a contract.
#}
{% macro spark__persist_constraints(relation, model) -%}
    {%- set found = [] -%}
    {%- for column in model.columns.values() if model.config.contract.enforced -%}
        {%- for constraint in column.constraints if constraint.type == 'not_null' -%}
            {%- do found.append(column.name ~ ' is null') -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if found and run_query('select 1 from ' ~ relation ~ ' where ' ~ found | join(' or ') ~ ' limit 1').rows -%}
        {{ exceptions.raise_compiler_error(relation ~ ' breaks its contract: a row where ' ~ found | join(' or ')) }}
    {%- endif -%}
{%- endmacro %}

{#
  Of a named query that is read more than once: worked out each time, with the columns that are
  needed there. DuckDB would keep all of its rows in between; Spark never does.
#}
{% macro inlined() -%}
    {{ return(adapter.dispatch('inlined', 'callback_survey')()) }}
{%- endmacro %}

{% macro default__inlined() -%}
{%- endmacro %}

{% macro duckdb__inlined() -%}
    not materialized
{%- endmacro %}
