-- Printed shares that add up: the successes to the rate, the other answers to 100 minus the rate. What rounding leaves
-- over goes to the last answer of the group that anybody gave, so the headline figure is never the one that is moved.
with answers as (

    select
        measures.region_code,
        measures.quarter,
        measures.department_code,
        measures.measure,
        answers.answer_code,
        answers.answer_label,
        answers.answer_order,
        coalesce(answer_counts.answer_count, 0) as answer_count,
        measures.answered_count,
        measures.rate_pct,
        answers.is_success
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_measure_answers') }} as answers
        on
            measures.region_code = answers.region_code
            and measures.quarter = answers.quarter
            and measures.measure = answers.measure
    left join {{ ref('int_answer_counts') }} as answer_counts
        on
            measures.region_code = answer_counts.region_code
            and measures.quarter = answer_counts.quarter
            and measures.department_code = answer_counts.department_code
            and measures.question = answer_counts.question
            and answers.answer_code = answer_counts.answer_code
    -- where only annexes survive there are no answers to count: int_published_answers has what they print
    where measures.source_grain = 'cases'

),

rounded as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        answer_code,
        answer_label,
        answer_order,
        answer_count,
        {{ pct('answer_count', 'answered_count') }} as rounded_pct,
        case when is_success then rate_pct else 100 - rate_pct end as group_pct,
        is_success
    from answers

),

compared as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        answer_code,
        answer_label,
        answer_order,
        answer_count,
        rounded_pct,
        group_pct - sum(rounded_pct) over (
            partition by region_code, quarter, department_code, measure, is_success
        ) as residual_pct,
        coalesce(sum(rounded_pct) over (
            partition by region_code, quarter, department_code, measure, is_success
            order by answer_order
            rows between 1 following and unbounded following
        ), 0) as later_pct,
        is_success
    from rounded

),

placed as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        answer_code,
        answer_label,
        answer_order,
        answer_count,
        rounded_pct,
        residual_pct,
        later_pct,
        max(case when answer_count > 0 and rounded_pct + residual_pct >= 0 then answer_order end) over (
            partition by region_code, quarter, department_code, measure, is_success
        ) as residual_order,
        is_success
    from compared

),

shares as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        answer_code,
        answer_label,
        answer_order,
        answer_count,
        cast(
            case
                when answer_order = residual_order then rounded_pct + residual_pct
                -- no single share is large enough (four of 0.01 for 0.005 each): taken from the last ones back
                when residual_order is null
                    then rounded_pct - least(rounded_pct, greatest(0 - residual_pct - later_pct, 0))
                else rounded_pct
            end as decimal(5, 2)
        ) as answer_pct,
        is_success
    from placed

)

select * from shares
