-- One row per called case and question it answered: the outcome is per question, not per call.
with answers as (

    {% for question in ['satisfaction', 'visits'] %}
        select
            region_code,
            quarter,
            case_id,
            '{{ question }}' as question,
            {{ question }}_code as answer_code,
            called_at,
            attempt_no,
            file,
            line
        from {{ ref('stg_calls') }}
        where {{ question }}_code is not null
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

last_answers as (

    select
        region_code,
        quarter,
        case_id,
        question,
        {{ last_by('answer_code', attempt_order(), 'answer_code is not null') }} as answer_code
    from answers
    group by region_code, quarter, case_id, question

)

select * from last_answers
