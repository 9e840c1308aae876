{# Every value lies between two numbers, both inclusive; NULL does not. #}
{% test accepted_range(model, column_name, least, most) %}
    select {{ column_name }}
    from {{ model }}
    where coalesce({{ column_name }} not between {{ least }} and {{ most }}, true)
{% endtest %}
