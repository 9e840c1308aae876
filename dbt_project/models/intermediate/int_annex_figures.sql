-- What an annex prints, as rows: each percentage is the sum of the shares it stands for (零上门/一次 is two answers).
-- Where only the printed annex survives, its own percentages are taken over, not added up again.
with percentages as (

    select
        answer_shares.region_code,
        answer_shares.quarter,
        answer_shares.department_code,
        answer_shares.measure,
        annex_answers.figure,
        case
            when count(answer_shares.answer_pct) = count(*)
                then cast(sum(answer_shares.answer_pct) as decimal(5, 2))
            -- answers of which only the sum is published, which is what the column prints
            when
                min(answer_shares.is_success) = max(answer_shares.is_success)
                and count(*) = max(answer_shares.group_answer_count)
                then max(answer_shares.group_pct)
        end as figure_pct,
        max(case when answer_shares.is_suppressed then 1 else 0 end) = 1 as has_masked
    from {{ ref('int_masked_shares') }} as answer_shares
    inner join {{ ref('int_annex_answers') }} as annex_answers using (region_code, quarter, measure, answer_code)
    group by
        answer_shares.region_code, answer_shares.quarter, answer_shares.department_code, answer_shares.measure,
        annex_answers.figure

),

printed_percentages as (

    select
        measures.region_code,
        measures.quarter,
        measures.department_code,
        measures.measure,
        annex_columns.figure,
        -- 0.00 is printed for a department without a rate, too
        case when measures.rate_pct is not null then printed.published_pct end as figure_pct,
        -- what is printed is known
        false as has_masked
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_region_annex_columns') }} as annex_columns using (region_code, quarter, measure)
    left join {{ ref('int_published_figures') }} as printed
        using (region_code, quarter, measure, department_code, figure)
    where measures.source_grain = 'published'

),

figures as (

    {% for shares in ['percentages', 'printed_percentages'] %}
        select
            region_code,
            quarter,
            department_code,
            measure,
            figure,
            figure_pct,
            cast(null as bigint) as figure_count,
            has_masked and figure_pct is null as is_suppressed
        from {{ shares }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
    {% for figure in ['valid_frame_count', 'sample_count'] %}
        union all
        select
            region_code,
            quarter,
            department_code,
            measure,
            '{{ figure }}' as figure,
            cast(null as decimal(5, 2)) as figure_pct,
            {{ figure }} as figure_count,
            false as is_suppressed
        from {{ ref('int_department_measures') }}
    {% endfor %}

)

select * from figures
