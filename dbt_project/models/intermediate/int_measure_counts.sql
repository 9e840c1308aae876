-- Every register department has its row per measure, also the one nobody sampled: counts of 0. Where there are no cases
-- there is nothing to count, and 0 would say that there were none: NULL. Nothing but the suppression and the rates may
-- read this: what is masked is in it.
with measure_counts as (

    select
        answer_counts.region_code,
        answer_counts.quarter,
        answer_counts.department_code,
        answers.measure,
        cast(sum(answer_counts.answer_count) as bigint) as answered_count,
        cast(sum(case when answers.is_success then answer_counts.answer_count else 0 end) as bigint) as success_count
    from {{ ref('int_answer_counts') }} as answer_counts
    inner join {{ ref('int_measure_answers') }} as answers using (region_code, quarter, question, answer_code)
    group by answer_counts.region_code, answer_counts.quarter, answer_counts.department_code, answers.measure

),

counted as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.department_name,
        measures.measure,
        measures.measure_name,
        measures.measure_definition,
        measures.question,
        region_quarters.has_cases,
        region_quarters.has_published,
        {% for column, counts in {
            'valid_frame_count': 'department_counts',
            'sample_count': 'department_counts',
            'interviewed_count': 'department_counts',
            'answered_count': 'measure_counts',
            'success_count': 'measure_counts',
        }.items() %}
            case when region_quarters.has_cases then coalesce({{ counts }}.{{ column }}, 0) end as {{ column }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('int_measure_definitions') }} as measures using (region_code, quarter)
    inner join {{ ref('int_region_quarters') }} as region_quarters using (region_code, quarter)
    left join {{ ref('int_department_counts') }} as department_counts using (region_code, quarter, department_code)
    left join measure_counts using (region_code, quarter, measure, department_code)

)

select * from counted
