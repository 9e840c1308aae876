{% for model in ['int_masked_shares', 'int_published_answers'] %}
    select
        region_code,
        quarter,
        department_code,
        measure,
        answer_code,
        answer_label,
        answer_order,
        answer_count,
        answer_pct,
        is_success,
        is_suppressed
    from {{ ref(model) }}
    {% if not loop.last %}
        union all
    {% endif %}
{% endfor %}
