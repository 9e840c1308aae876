-- Printed shares that add up: the successes to the rate, the other answers to 100 minus the rate. What rounding leaves
-- over goes to the last answer of the group that anybody gave, so the headline figure is never the one that is moved.
with answer_counts as (

    select
        region_code,
        quarter,
        department_code,
        question,
        answer_code,
        cast(sum(answer_count) as bigint) as answer_count
    from {{ ref('int_answer_counts') }}
    group by region_code, quarter, department_code, question, answer_code

),

answers as (

    select
        measure_answers.*,
        measures.department_code,
        coalesce(answer_counts.answer_count, 0) as answer_count,
        measures.answered_count,
        measures.rate_pct
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('int_measure_answers') }} as measure_answers using (region_code, quarter, measure, question)
    left join answer_counts
        using (region_code, quarter, department_code, question, answer_code)
    -- where only annexes survive there are no answers to count: int_published_answers has what they print
    where measures.source_grain = 'cases'

),

rounded as (

    select
        *,
        {{ pct('answer_count', 'answered_count') }} as rounded_pct,
        case when is_success then rate_pct else 100 - rate_pct end as group_pct
    from answers

),

compared as (

    select
        *,
        group_pct - sum(rounded_pct) over (
            partition by region_code, quarter, department_code, measure, is_success
        ) as residual_pct,
        coalesce(sum(rounded_pct) over (
            partition by region_code, quarter, department_code, measure, is_success
            order by answer_order
            rows between 1 following and unbounded following
        ), 0) as later_pct
    from rounded

),

placed as (

    select
        *,
        max(case when answer_count > 0 and rounded_pct + residual_pct >= 0 then answer_order end) over (
            partition by region_code, quarter, department_code, measure, is_success
        ) as residual_order
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
