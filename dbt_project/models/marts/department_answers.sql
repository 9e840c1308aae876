with answers as (

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
        is_success
    from {{ ref('int_answer_shares') }}
    union all
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
        is_success
    from {{ ref('int_published_answers') }}

)

select * from answers
