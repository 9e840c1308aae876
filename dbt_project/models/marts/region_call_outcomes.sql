-- All attempted cases of a region and quarter together: rates of sums, not means of the departments' rates.
with summed as (

    select
        region_code,
        quarter,
        {% for column in aapor_counts() %}
            cast(sum({{ column }}) as bigint) as {{ column }},
        {% endfor %}
        cast(sum(attempted_count) as bigint) as attempted_count
    from {{ ref('call_outcomes') }}
    group by region_code, quarter

),

rated as (

    select
        region_code,
        quarter,
        attempted_count,
        {{ aapor_counts().keys() | join(', ') }},
        {{ aapor_rates() }}
    from summed

)

select * from rated
