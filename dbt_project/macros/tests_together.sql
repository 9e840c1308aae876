{#
  The tests of keys, relationships and values, asked at the end of a build by one query per table instead of by one node
  each: a node costs dbt some 30 milliseconds whatever it asks. The tests stand beside their models all the same, and
  `dbt build` without CALLBACK_SURVEY_TESTS=together runs each as a node.

  Asked is what looks at a table that was built now, once nothing else has failed. A table that was neither built now nor
  before is not looked at: a part of the project may be built alone.
#}
{% macro tests_together(results) %}
    {%- if not (execute and flags.WHICH == 'build' and env_var('CALLBACK_SURVEY_TESTS', 'each') == 'together') -%}
        {{ return('') }}
    {%- endif -%}
    {%- set ended = {} -%}
    {%- for result in results -%}
        {%- if result.status in ('error', 'fail', 'skipped', 'runtime error', 'partial success') -%}
            {{ return('') }}
        {%- endif -%}
        {%- do ended.update({result.node.unique_id: true}) -%}
    {%- endfor -%}

    {%- set asked = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.test_metadata -%}
        {%- if node.attached_node in ended -%}
            {%- do asked.setdefault(node.attached_node, []).append(node) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- set counted = [] -%}
    {%- set failures = [] -%}
    {%- for nodes in asked.values() -%}
        {%- set parts = [] -%}
        {%- for node in nodes if tested_relations_exist(node, ended) -%}
            {%- do counted.append(node.name) -%}
            {%- set counts = "select '" ~ node.name ~ "' as test_name, count(*) as row_count from (" -%}
            {%- do parts.append(counts ~ test_sql(node) ~ ') as found') -%}
        {%- endfor -%}
        {%- if parts -%}
            {%- set told = 'select * from (' ~ parts | join(' union all ') ~ ') as told where row_count > 0' -%}
            {%- for row in run_query(told).rows -%}
                {%- do failures.append(row['test_name'] ~ ': ' ~ row['row_count']) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if failures -%}
        {{ exceptions.raise_compiler_error('rows that fail a test of the dbt project: ' ~ failures | join(', ')) }}
    {%- endif -%}
    {%- do log('tests asked together: ' ~ counted | length, info=true) -%}
{% endmacro %}

{% macro tested_relations_exist(node, ended) %}
    {%- for name in node.depends_on.nodes if name not in ended -%}
        {%- if load_relation(relation_of_node(name)) is none -%}
            {{ return(false) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(true) }}
{% endmacro %}

{% macro relation_of_node(name) %}
    {%- set node = graph.nodes[name] -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{% endmacro %}

{# The SQL of a generic test, as its own node would have it. #}
{% macro test_sql(node) %}
    {%- set test = node.test_metadata -%}
    {%- set given = {} -%}
    {%- do given.update(test.kwargs) -%}
    {%- do given.update({'model': relation_of_node(node.attached_node)}) -%}
    {%- if 'to' in given -%}
        {# the other side of a relationship, which may be the table itself #}
        {%- set others = node.depends_on.nodes | reject('equalto', node.attached_node) | list -%}
        {%- do given.update({'to': relation_of_node(others[0] if others else node.attached_node)}) -%}
    {%- endif -%}
    {{ return(context['test_' ~ test.name](**given)) }}
{% endmacro %}
