-- What single cases show, as counts by department: no case is named.
with question_measures as (

    -- a question that two measures read is one finding, under the first of them
    select
        region_code,
        quarter,
        question,
        {{ first_by('measure', ['measure_order'], 'true') }} as measure
    from {{ ref('int_measure_definitions') }}
    group by region_code, quarter, question

),

directed as (

    select
        answer_changes.region_code,
        answer_changes.quarter,
        answer_changes.department_code,
        answer_changes.question,
        cast(sum(answer_changes.changed_count) as bigint) as changed_count,
        {% for direction, sign in {'improved': '<', 'worsened': '>'}.items() %}
            cast(sum(
                case
                    when last_answers.answer_order {{ sign }} first_answers.answer_order
                        then answer_changes.changed_count
                    else 0
                end
            ) as bigint) as {{ direction }}_count{% if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_answer_changes') }} as answer_changes
    inner join {{ ref('answers') }} as first_answers on answer_changes.first_answer_code = first_answers.answer_code
    inner join {{ ref('answers') }} as last_answers on answer_changes.answer_code = last_answers.answer_code
    group by
        answer_changes.region_code, answer_changes.quarter, answer_changes.department_code, answer_changes.question

),

masks as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        bool_or(is_suppressed) as has_masked_cell
    from {{ ref('int_masked_shares') }}
    group by region_code, quarter, department_code, measure

),

changes as (

    select
        directed.*,
        question_measures.measure,
        -- better or worse beside an unchanged rate would name the cell that somebody is in
        coalesce(masks.has_masked_cell, false) as has_masked_cell
    from directed
    left join question_measures using (region_code, quarter, question)
    left join {{ ref('int_department_measures') }} as measures
        on
            directed.region_code = measures.region_code
            and directed.quarter = measures.quarter
            and directed.department_code = measures.department_code
            and question_measures.measure = measures.measure
    left join masks
        on
            directed.region_code = masks.region_code
            and directed.quarter = masks.quarter
            and directed.department_code = masks.department_code
            and question_measures.measure = masks.measure
    -- how many answers changed depends on what was said, and that is not published
    where not coalesce(measures.is_suppressed, false)

),

leaning as (

    -- rounded up, so that what is said of it holds
    select
        *,
        cast(ceil(answer_change_p_value * 1e4) / 1e4 as decimal(5, 4)) as most_probability
    from {{ ref('int_first_answers') }}
    where is_leaning_to_success

),

record_findings as (

    select
        changes.region_code,
        changes.quarter,
        'answer_changed' as finding_code,
        changes.department_code,
        changes.measure,
        concat(
            cast(changes.changed_count as string), '件的回答在后一次通话中改变',
            case
                when changes.has_masked_cell then ''
                else concat(
                    '：', cast(changes.improved_count as string), '件变好，', cast(changes.worsened_count as string),
                    '件变差'
                )
            end,
            '；以最后一次为准'
        ) as message,
        concat(
            'Cases with an answer that a later call changed: ', cast(changes.changed_count as string),
            case
                when changes.has_masked_cell then ''
                else concat(
                    ', of which ', cast(changes.improved_count as string), ' for the better and ',
                    cast(changes.worsened_count as string), ' for the worse'
                )
            end,
            '; the last one counts'
        ) as message_en,
        concat(
            changes.question, ': changed ', cast(changes.changed_count as string),
            case
                when changes.has_masked_cell then ''
                else concat(
                    ', better ', cast(changes.improved_count as string), ', worse ',
                    cast(changes.worsened_count as string)
                )
            end
        ) as evidence
    from changes
    union all
    select
        region_code,
        quarter,
        'answers_lean_to_success' as finding_code,
        department_code,
        measure,
        concat(
            case when department_code is null then '各部门合计，' else '' end,
            '后一次通话使', cast(gained_success_count as string), '件变为计入率的回答，',
            cast(lost_success_count as string), '件相反；若改变不偏向一方，这样悬殊的概率不超过',
            cast(most_probability as string)
        ) as message,
        concat(
            case when department_code is null then 'of all departments together, ' else '' end,
            'later calls turned ', cast(gained_success_count as string), ' answers into successes and ',
            cast(lost_success_count as string), ' the other way; if changes leaned to no side, ',
            'so uneven a result would have a probability of at most ', cast(most_probability as string)
        ) as message_en,
        concat(
            'gained ', cast(gained_success_count as string), ', lost ', cast(lost_success_count as string),
            ', p at most ', cast(most_probability as string)
        ) as evidence
    from leaning
    union all
    select
        region_code,
        quarter,
        'person_called_twice' as finding_code,
        department_code,
        cast(null as string) as measure,
        concat(cast(person_count as string), '人在该部门的多件办件被回访，共', cast(case_count as string), '件，均计入')
            as message,
        concat(
            'People called for more than one case of the department: ', cast(person_count as string), ', with ',
            cast(case_count as string), ' cases, all of which count'
        ) as message_en,
        concat('persons ', cast(person_count as string), ', cases ', cast(case_count as string)) as evidence
    from {{ ref('int_persons_called_twice') }}
    union all
    select
        region_code,
        quarter,
        'department_mismatch' as finding_code,
        department_code,
        cast(null as string) as measure,
        concat(
            cast(case_count as string), '件的回访记录写的是别的部门：', replace(called_names, ', ', '、'), '；以办件为准'
        ) as message,
        concat(
            'Cases whose calls name another department: ', cast(case_count as string), '; named: ', called_names,
            '; the frame counts'
        ) as message_en,
        concat('cases ', cast(case_count as string), ': ', called_names) as evidence
    from {{ ref('int_department_mismatches') }}
    union all
    select
        region_code,
        quarter,
        'disposition_contradicts_answer' as finding_code,
        department_code,
        cast(null as string) as measure,
        concat(
            cast(case_count as string), '件的通话结果不是访问，却记有回答：', replace(disposition_labels, ', ', '、'),
            '；回答照计'
        ) as message,
        concat(
            'Cases with an answer from a call that was no interview: ', cast(case_count as string), '; dispositions: ',
            disposition_labels, '; the answer counts'
        ) as message_en,
        concat('cases ', cast(case_count as string), ': ', disposition_labels) as evidence
    from {{ ref('int_contradicted_answers') }}

)

select * from record_findings
