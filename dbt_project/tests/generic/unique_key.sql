{#
  One test per table for a key of several columns: no two rows share it. NULL is a value here, because a row without a
  department is a row of its own in the tables that count violations.
#}
{% test unique_key(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
