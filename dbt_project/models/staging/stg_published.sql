{#- What each annex prints beside the department name; a line is of the annex whose columns it has, blank or not. -#}
{%- set counts = ['valid_frame_count', 'sample_count'] -%}
{%- set percentages = {
    'satisfaction': [
        'satisfied_pct', 'fairly_satisfied_pct', 'basically_satisfied_pct', 'rather_dissatisfied_pct', 'dissatisfied_pct'
    ],
    'realisation': ['within_one_visit_pct', 'two_or_more_visits_pct'],
} -%}
{%- set figures = [] -%}
{%- for measure, columns in percentages.items() -%}
    {%- for column in counts + columns -%}
        {%- do figures.append({'measure': measure, 'column': column, 'annex': columns}) -%}
    {%- endfor -%}
{%- endfor -%}

with figures as (

    {% for figure in figures %}
        select
            region_code,
            quarter,
            file,
            line,
            department_name,
            {{ name_key('department_name') }} as department_name_key,
            '{{ figure.measure }}' as measure,
            '{{ figure.column }}' as figure,
            {% if figure.column in counts %}
                cast(null as decimal(5, 2)) as published_pct,
                {{ printed_number(figure.column, 'bigint') }} as published_count
            {% else %}
                {{ printed_number(figure.column, 'decimal(5, 2)') }} as published_pct,
                cast(null as bigint) as published_count
            {% endif %}
        from {{ source('raw', 'published') }}
        where coalesce({{ figure.annex | join(', ') }}) is not null
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

printed_figures as (

    select *
    from figures
    where published_pct is not null or published_count is not null

)

select * from printed_figures
