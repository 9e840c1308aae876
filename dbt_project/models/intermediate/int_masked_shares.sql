{%- set group_of_answers = 'partition by region_code, quarter, department_code, measure, is_success' -%}

-- The shares that may be published. A small cell takes its whole group along, successes or the others: the rate gives
-- the group's sum, and a single masked answer could be subtracted.
with judged as (

    select
        answer_shares.*,
        cast(sum(answer_shares.answer_pct) over ({{ group_of_answers }}) as decimal(5, 2)) as group_pct,
        count(*) over ({{ group_of_answers }}) as group_answer_count,
        suppressions.is_suppressed as is_row_suppressed,
        not suppressions.is_exempt
        and (
            released.answer_code is not null
            or answer_shares.answer_count between 1 and suppressions.smallest_cell_count - 1
        ) as is_small
    from {{ ref('int_answer_shares') }} as answer_shares
    inner join {{ ref('int_suppressions') }} as suppressions using (region_code, quarter, department_code, measure)
    left join {{ ref('int_released_answer_masks') }} as released
        using (region_code, quarter, department_code, measure, answer_code)

),

marked as (

    select
        *,
        is_row_suppressed
        or (group_answer_count > 1 and bool_or(is_small) over ({{ group_of_answers }})) as is_suppressed
    from judged

),

masked as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        answer_code,
        answer_label,
        answer_order,
        case when not is_suppressed then answer_count end as answer_count,
        case when not is_suppressed then answer_pct end as answer_pct,
        is_success,
        is_suppressed,
        -- what the rate tells in any case
        case when not is_row_suppressed then group_pct end as group_pct,
        group_answer_count
    from marked

)

select * from masked
