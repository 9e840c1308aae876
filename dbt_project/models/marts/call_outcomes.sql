-- Every register department has its row, also the one nobody was called for: counts of 0 and no rates. Where only the
-- annexes survive there are no rows: nobody knows how the calls ended.
with counted as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.department_name,
        {% for column, aapor_class in aapor_counts().items() %}
            cast(sum(case when counts.aapor_class = '{{ aapor_class }}' then counts.case_count else 0 end) as bigint)
                as {{ column }},
        {% endfor %}
        cast(coalesce(sum(counts.case_count), 0) as bigint) as attempted_count
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('int_region_quarters') }} as region_quarters using (region_code, quarter)
    left join {{ ref('int_disposition_counts') }} as counts using (region_code, quarter, department_code)
    where region_quarters.has_cases
    group by
        departments.region_code, departments.quarter, departments.department_code, departments.department_name

),

rated as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        attempted_count,
        {{ aapor_counts().keys() | join(', ') }},
        {{ aapor_rates() }}
    from counted

)

select * from rated
