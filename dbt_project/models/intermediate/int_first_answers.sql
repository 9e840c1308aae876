{%- set family = ['region_code', 'quarter', 'measure', 'is_region'] -%}

-- What the rates would be by the first answer of each case, and whether the changes after it lean to one side: of each
-- department, and of all of them together (department_code NULL). What is suppressed is in neither.
with crossings as (

    -- among the answers of one measure: better but still no success leaves the rate as it is
    select
        measures.region_code,
        measures.quarter,
        measures.measure,
        measures.department_code,
        measures.success_count,
        case when not first_answers.is_success and last_answers.is_success then changes.changed_count end as gained,
        case when first_answers.is_success and not last_answers.is_success then changes.changed_count end as lost
    from {{ ref('int_department_measures') }} as measures
    left join {{ ref('int_answer_changes') }} as changes using (region_code, quarter, question, department_code)
    left join {{ ref('int_measure_answers') }} as first_answers
        on
            measures.region_code = first_answers.region_code
            and measures.quarter = first_answers.quarter
            and measures.measure = first_answers.measure
            and changes.first_answer_code = first_answers.answer_code
    left join {{ ref('int_measure_answers') }} as last_answers
        on
            measures.region_code = last_answers.region_code
            and measures.quarter = last_answers.quarter
            and measures.measure = last_answers.measure
            and changes.answer_code = last_answers.answer_code
    where measures.source_grain = 'cases' and measures.answered_count > 0 and measures.success_count is not null

),

departments as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        false as is_region,
        max(success_count) as success_count,
        cast(coalesce(sum(gained), 0) as bigint) as gained_success_count,
        cast(coalesce(sum(lost), 0) as bigint) as lost_success_count
    from crossings
    group by region_code, quarter, measure, department_code

),

counted as (

    select * from departments
    union all
    select
        region_code,
        quarter,
        measure,
        cast(null as string) as department_code,
        true as is_region,
        cast(sum(success_count) as bigint) as success_count,
        cast(sum(gained_success_count) as bigint) as gained_success_count,
        cast(sum(lost_success_count) as bigint) as lost_success_count
    from departments
    group by region_code, quarter, measure

),

keyed as (

    select
        *,
        row_number() over (
            order by region_code asc, quarter asc, measure asc, is_region asc, department_code asc
        ) as row_key,
        gained_success_count + lost_success_count as crossing_count,
        least(gained_success_count, lost_success_count) as fewer_count
    from counted

),

terms as (

    select
        row_key,
        crossing_count,
        {{ whole_numbers('0', 'fewer_count') }} as term
    from keyed
    where crossing_count > 0

),

-- the sign test: if nothing leaned, either direction of a change would be as likely as the other
sign_tests as (

    select
        row_key,
        least(
            1e0,
            2e0 * {{ probability_sum(
                'exp(' ~ log_choose('crossing_count', 'term') ~ ' - crossing_count * 0.6931471805599453e0)'
            ) }}
        ) as p_value
    from terms
    group by row_key

),

numbered as (

    select
        keyed.*,
        sign_tests.p_value,
        {{ numbered_p_values('sign_tests.p_value', family) }}
    from keyed
    left join sign_tests using (row_key)

),

adjusted as (

    select
        *,
        {{ benjamini_hochberg('p_value', 'p_value_rank', 'test_count', family) }} as q_value
    from numbered

),

first_answers as (

    select
        adjusted.region_code,
        adjusted.quarter,
        adjusted.measure,
        adjusted.department_code,
        adjusted.success_count - adjusted.gained_success_count + adjusted.lost_success_count as first_success_count,
        adjusted.gained_success_count,
        adjusted.lost_success_count,
        adjusted.p_value as answer_change_p_value,
        adjusted.q_value as answer_change_q_value,
        coalesce(
            adjusted.gained_success_count > adjusted.lost_success_count
            and adjusted.q_value < rules.significance_level,
            false
        ) as is_leaning_to_success
    from adjusted
    inner join {{ ref('inference_settings') }} as rules on {{ is_valid_in('rules', 'adjusted.quarter') }}

)

select * from first_answers
