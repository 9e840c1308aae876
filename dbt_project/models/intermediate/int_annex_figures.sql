-- What an annex prints, as rows: each percentage is the sum of the shares it stands for (零上门/一次 is two answers).
with percentages as (

    select
        answer_shares.region_code,
        answer_shares.quarter,
        answer_shares.department_code,
        answer_shares.measure,
        annex_figures.figure,
        cast(sum(answer_shares.answer_pct) as decimal(5, 2)) as figure_pct,
        cast(null as bigint) as figure_count
    from {{ ref('int_answer_shares') }} as answer_shares
    inner join {{ ref('annex_figures') }} as annex_figures
        on
            answer_shares.measure = annex_figures.measure
            and answer_shares.answer_code = annex_figures.answer_code
    group by
        answer_shares.region_code,
        answer_shares.quarter,
        answer_shares.department_code,
        answer_shares.measure,
        annex_figures.figure

),

figures as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        figure,
        figure_pct,
        figure_count
    from percentages
    {% for figure in ['valid_frame_count', 'sample_count'] %}
        union all
        select
            region_code,
            quarter,
            department_code,
            measure,
            '{{ figure }}' as figure,
            cast(null as decimal(5, 2)) as figure_pct,
            {{ figure }} as figure_count
        from {{ ref('int_department_measures') }}
    {% endfor %}

)

select * from figures
