{%- set family = 'partition by region_code, quarter, measure' -%}
{%- set in_order = 'order by department_code rows between unbounded preceding and unbounded following' -%}

-- How much alike the answers are that one interviewer brings, and how many answers less a department has for it.
-- Departments differ in rate and spread, so interviewers are compared within each, and each is measured by its own
-- spread: pooled, small departments with a wide spread would look like an effect. What is suppressed is not here.
with interviewers as (

    select
        measures.region_code,
        measures.quarter,
        measures.measure,
        measures.department_code,
        measures.answered_count,
        answer_counts.interviewer_number,
        cast(sum(answer_counts.answer_count) as double) as answers,
        cast(sum(case when answers.is_success then answer_counts.answer_count else 0 end) as double) as successes
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_answer_counts') }} as answer_counts using (region_code, quarter, question, department_code)
    inner join {{ ref('int_measure_answers') }} as answers
        on
            measures.region_code = answers.region_code
            and measures.quarter = answers.quarter
            and measures.measure = answers.measure
            and answer_counts.answer_code = answers.answer_code
    where
        measures.source_grain = 'cases'
        and measures.success_count is not null
        and answer_counts.interviewer_number is not null
    group by
        measures.region_code, measures.quarter, measures.measure, measures.department_code, measures.answered_count,
        answer_counts.interviewer_number

),

departments as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        count(*) as interviewer_count,
        sum(answers) as answers,
        sum(successes) as successes,
        -- whole numbers, whatever their order
        sum(answers * answers) as squared_answers,
        {{ nearest_double('sum(cast(successes * (answers - successes) / answers as decimal(38, 18)))') }}
            as spread_within,
        max(answers) / max(answered_count) as largest_interviewer_share
    from interviewers
    group by region_code, quarter, measure, department_code

),

spread as (

    select
        *,
        interviewer_count - 1 as degrees,
        (answers - squared_answers / answers) / nullif(interviewer_count - 1, 0) as usual_size,
        spread_within / nullif(answers - interviewer_count, 0e0) as variance_within,
        successes * (answers - successes) / answers - spread_within as spread_between
    from departments

),

compared as (

    select
        *,
        -- one interviewer alone, one answer from each, or answers all alike: nothing to compare
        coalesce(degrees > 0 and variance_within > 0e0, false) as is_compared
    from spread

),

pooled as (

    -- the analysis of variance in each department, weighted by what it can tell
    select
        *,
        sum(
            case when is_compared then usual_size * (spread_between / variance_within - degrees) end
        ) over ({{ family }} {{ in_order }})
        / sum(
            case when is_compared then usual_size * usual_size * degrees end
        ) over ({{ family }} {{ in_order }}) as variance_ratio
    from compared

),

effects as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        -- below 0 by chance
        case
            when variance_ratio > 0e0 then variance_ratio / (1e0 + variance_ratio)
            when variance_ratio is not null then 0e0
        end as intraclass_correlation,
        -- by Kish: the size of the group that an answer is in, on average
        1e0 + (squared_answers / answers - 1e0) * intraclass_correlation as design_effect,
        largest_interviewer_share
    from pooled

)

select * from effects
