-- Everything noticed about a quarter: what names, annexes and cases show, and what the published figures show.
with limits as (

    select
        {{ finding_limit('few_answers', 'least_answered_pct') }} as least_answered_pct,
        {{ finding_limit('few_answers', 'smallest_sample') }} as smallest_sample,
        {{ finding_limit('one_interviewer', 'largest_share_pct') }} as largest_share_pct,
        {{ finding_limit('one_interviewer', 'smallest_answer_count') }} as smallest_answer_count
    from {{ ref('finding_limits') }}

),

adjusted_rows as (

    select
        reconciliation.region_code,
        reconciliation.quarter,
        reconciliation.department_code,
        reconciliation.measure,
        count(*) as figure_count,
        max(abs(reconciliation.difference_pct)) as largest_difference_pct,
        max(case when annex_columns.is_headline then 1 else 0 end) = 1 as is_headline_moved,
        {{ joined_text(
            "concat(reconciliation.figure, ' ', cast(reconciliation.published_pct as string), ' printed ', "
            ~ "cast(reconciliation.computed_pct as string), ' computed')",
            'annex_columns.figure_order'
        ) }} as evidence
    from {{ ref('reconciliation') }} as reconciliation
    inner join {{ ref('int_region_annex_columns') }} as annex_columns
        using (region_code, quarter, measure, figure)
    where reconciliation.status = 'adjusted' and reconciliation.department_code is not null
    group by
        reconciliation.region_code, reconciliation.quarter, reconciliation.department_code, reconciliation.measure

),

rated as (

    select
        rates.*,
        {{ pct('rates.answered_count', 'rates.sample_count') }} as answered_pct,
        -- where only the annexes survive, nobody knows who answered, but it was no more than the sample
        coalesce(rates.answered_count, rates.sample_count) as most_answered_count,
        rates.answered_count is null as is_answered_unknown,
        limits.least_answered_pct,
        limits.smallest_sample,
        limits.largest_share_pct,
        limits.smallest_answer_count,
        cast(100 * rates.largest_interviewer_share as decimal(5, 2)) as interviewer_share_pct,
        reliability_limits.caution_below_count
    from {{ ref('department_rates') }} as rates
    cross join limits
    inner join {{ ref('reliability_limits') }} as reliability_limits
        on {{ is_valid_in('reliability_limits', 'rates.quarter') }}

),

noticed as (

    select
        region_code,
        quarter,
        finding_code,
        department_code,
        cast(null as string) as measure,
        message,
        message_en,
        evidence
    from {{ ref('int_name_findings') }}
    union all
    {% for model in ['int_printed_findings', 'int_record_findings'] %}
        select
            region_code,
            quarter,
            finding_code,
            department_code,
            measure,
            message,
            message_en,
            evidence
        from {{ ref(model) }}
        union all
    {% endfor %}
    select
        region_code,
        quarter,
        'row_adjusted' as finding_code,
        department_code,
        measure,
        concat(
            '附件中某行有', cast(figure_count as string), '个百分数与计算结果不同，最多相差',
            cast(largest_difference_pct as string), '个百分点',
            case when is_headline_moved then '，率本身也在其中' else '' end
        ) as message,
        concat(
            'Printed percentages that differ from the computed ones: ', cast(figure_count as string), ', by at most ',
            cast(largest_difference_pct as string), ' points',
            case when is_headline_moved then ', the headline rate among them' else '' end
        ) as message_en,
        evidence
    from adjusted_rows
    union all
    select
        region_code,
        quarter,
        'few_answers' as finding_code,
        department_code,
        measure,
        concat(
            '抽样', cast(sample_count as string), '人，只有', cast(answered_count as string), '人作答（',
            cast(answered_pct as string), '%）'
        ) as message,
        concat(
            'Only ', cast(answered_count as string), ' of ', cast(sample_count as string), ' sampled people answered (',
            cast(answered_pct as string), '%)'
        ) as message_en,
        concat(
            'answered ', cast(answered_count as string), ' of ', cast(sample_count as string), ' sampled; limit ',
            cast(cast(least_answered_pct as decimal(5, 2)) as string), '%'
        ) as evidence
    from rated
    where sample_count >= smallest_sample and answered_pct < least_answered_pct
    union all
    select
        region_code,
        quarter,
        'flagged_with_few_answers' as finding_code,
        department_code,
        measure,
        concat(
            '列入低于平均名单，', case when is_answered_unknown then '抽样只有' else '作答只有' end,
            cast(most_answered_count as string), '人'
        ) as message,
        concat(
            'Listed as below average on ', case when is_answered_unknown then 'at most ' else '' end,
            cast(most_answered_count as string), ' answers'
        ) as message_en,
        concat(
            'answered ', case when is_answered_unknown then 'at most ' else '' end, cast(most_answered_count as string),
            ', limit ', cast(caution_below_count as string), '; rate ', cast(rate_pct as string),
            ', average ', cast(average_pct as string)
        ) as evidence
    from rated
    where is_below_average and most_answered_count < caution_below_count
    union all
    select
        region_code,
        quarter,
        'one_interviewer' as finding_code,
        department_code,
        measure,
        concat(
            cast(answered_count as string), '人的回答中，一名回访员所得占', cast(interviewer_share_pct as string), '%'
        ) as message,
        concat(
            'One interviewer brought ', cast(interviewer_share_pct as string), '% of ', cast(answered_count as string),
            ' answers'
        ) as message_en,
        concat(
            'share ', cast(interviewer_share_pct as string), '% of ', cast(answered_count as string), '; limit ',
            cast(cast(largest_share_pct as decimal(5, 2)) as string), '%'
        ) as evidence
    from rated
    where answered_count >= smallest_answer_count and 100 * largest_interviewer_share > largest_share_pct

),

numbered as (

    select
        noticed.region_code,
        noticed.quarter,
        row_number() over (
            partition by noticed.region_code, noticed.quarter
            order by
                finding_codes.finding_order asc,
                -- satisfaction before realisation; what is about no measure or no department comes first
                coalesce(measures.measure_order, 0) asc,
                coalesce(noticed.department_code, '') asc
        ) as finding_number,
        noticed.finding_code,
        finding_codes.severity,
        noticed.department_code,
        departments.department_name,
        noticed.measure,
        concat(
            coalesce(departments.department_name, ''),
            case when measures.measure is null then '' else concat('（', measures.measure_name, '）') end,
            case when departments.department_name is null and measures.measure is null then '' else '：' end,
            noticed.message
        ) as message,
        concat(
            coalesce(departments.department_name, ''),
            case when measures.measure is null then '' else concat(' (', measures.measure, ')') end,
            case when departments.department_name is null and measures.measure is null then '' else ': ' end,
            noticed.message_en
        ) as message_en,
        noticed.evidence
    from noticed
    inner join {{ ref('finding_codes') }} as finding_codes using (finding_code)
    left join {{ ref('measures') }} as measures using (measure)
    left join {{ ref('int_departments') }} as departments using (region_code, quarter, department_code)

)

select * from numbered
