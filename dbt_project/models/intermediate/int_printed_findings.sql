-- What the annexes and the notice show by themselves, without any case: one row per department, measure and kind.
with cell_lists as (

    select
        region_code,
        quarter,
        department_code,
        measure,
        {{ joined_text("concat(figure, ' ', cast(published_pct as string))", 'figure_order') }} as all_cells
    from {{ ref('int_printed_cells') }}
    group by region_code, quarter, department_code, measure

),

printed_rows as (

    select
        arithmetic.*,
        cell_lists.all_cells
    from {{ ref('int_printed_arithmetic') }} as arithmetic
    inner join cell_lists using (region_code, quarter, measure, department_code)

),

impossible_cells as (

    select
        region_code,
        quarter,
        'cells_impossible_for_sample' as finding_code,
        department_code,
        measure,
        sample_count,
        count(*) as cell_count,
        {{ joined_text("concat(cast(published_pct as string), '%')", 'figure_order') }} as cells,
        {{ joined_text("concat(figure, ' ', cast(published_pct as string))", 'figure_order') }} as evidence
    from {{ ref('int_printed_cells') }}
    where not is_possible_at_sample
    group by region_code, quarter, department_code, measure, sample_count

),

unsampled as (

    select
        region_code,
        quarter,
        department_code,
        measure
    from {{ ref('int_published_figures') }}
    where figure = 'sample_count' and published_count = 0

),

rates_without_sample as (

    -- the headline of a printed row that says itself that nobody was sampled
    select
        figures.region_code,
        figures.quarter,
        'rate_without_sample' as finding_code,
        figures.department_code,
        figures.measure,
        figures.figure,
        figures.published_pct
    from {{ ref('int_published_figures') }} as figures
    inner join {{ ref('int_region_annex_columns') }} as annex_columns using (region_code, quarter, measure, figure)
    inner join unsampled using (region_code, quarter, measure, department_code)
    where annex_columns.is_headline and figures.published_pct is not null

),

printed_findings as (

    select
        region_code,
        quarter,
        finding_code,
        department_code,
        measure,
        concat(
            '附件中某行有', cast(cell_count as string), '个百分数不可能出自抽样数', cast(sample_count as string), '：',
            replace(cells, ', ', '、')
        ) as message,
        concat('Printed percentages that are no share of the sample of ', cast(sample_count as string), ': ', cells)
            as message_en,
        concat('n = ', cast(sample_count as string), ': ', evidence) as evidence
    from impossible_cells
    union all
    select
        region_code,
        quarter,
        'row_inconsistent' as finding_code,
        department_code,
        measure,
        concat('附件中某行与不超过抽样数', cast(sample_count as string), '的任何作答人数都不一致') as message,
        concat(
            'The printed row is inconsistent with every number of answers up to the sample of ',
            cast(sample_count as string)
        ) as message_en,
        concat(all_cells, '; no n from 1 to ', cast(sample_count as string)) as evidence
    from printed_rows
    where verdict = 'inconsistent'
    union all
    select
        region_code,
        quarter,
        'row_fitted_to_100' as finding_code,
        department_code,
        measure,
        concat(
            '附件中某行的百分数按四舍五入不能同时成立；若有',
            cast(least_fitting_with_remainder as string),
            '人作答、并把余数计入一项使合计为100.00，则成立'
        ) as message,
        concat(
            'The printed row fits no number of answers by rounding; it fits ',
            cast(least_fitting_with_remainder as string),
            ' answers once a remainder is moved into one share, so that the row sums to 100.00'
        ) as message_en,
        concat(
            all_cells, '; sample ', cast(sample_count as string), '; n = ',
            cast(least_fitting_with_remainder as string), ' with a remainder'
        ) as evidence
    from printed_rows
    where verdict = 'fitted_to_100'
    union all
    select
        region_code,
        quarter,
        finding_code,
        department_code,
        measure,
        concat('抽样数为0，附件仍印', cast(published_pct as string), '%；此处不作比率') as message,
        concat('Nobody was sampled, and ', cast(published_pct as string), '% is printed; it is no rate here')
            as message_en,
        concat('sample_count 0, ', figure, ' ', cast(published_pct as string)) as evidence
    from rates_without_sample
    union all
    select
        notices.region_code,
        notices.quarter,
        'notice_circulated_before_date' as finding_code,
        cast(null as string) as department_code,
        cast(null as string) as measure,
        concat(
            notices.notice_number, '落款日期为', cast(notices.dated_on as string), '，印发日期却为',
            cast(notices.circulated_on as string)
        ) as message,
        concat(
            notices.notice_number, ' is dated ', cast(notices.dated_on as string), ' but was circulated on ',
            cast(notices.circulated_on as string)
        ) as message_en,
        concat('dated ', cast(notices.dated_on as string), ', circulated ', cast(notices.circulated_on as string))
            as evidence
    from {{ ref('published_notices') }} as notices
    inner join {{ ref('int_region_quarters') }} using (region_code, quarter)
    where notices.circulated_on < notices.dated_on

)

select * from printed_findings
