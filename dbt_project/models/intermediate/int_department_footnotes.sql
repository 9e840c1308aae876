-- The footnotes of each figure, as one text of codes in the order of the seed.
with figures as (

    select
        measures.*,
        reliability.is_very_small,
        reliability.is_small,
        reliability.is_wide,
        changes.change_status
    from {{ ref('int_department_measures') }} as measures
    left join {{ ref('int_department_reliability') }} as reliability
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_department_changes') }} as changes
        using (region_code, quarter, measure, department_code)

),

applying as (

    select
        figures.*,
        footnotes.footnote_code,
        footnotes.footnote_order
    from figures
    inner join {{ ref('footnotes') }} as footnotes
        on case footnotes.footnote_code
            when 'not_sampled' then figures.sample_count = 0
            when 'no_answers' then figures.sample_count > 0 and figures.answered_count = 0
            when 'very_small_sample' then figures.is_very_small
            when 'small_sample' then figures.is_small
            when 'wide_interval' then figures.is_wide
            when 'census' then figures.answered_count > 0 and figures.answered_count >= figures.valid_frame_count
            when 'suppressed' then figures.is_suppressed
            when 'printed_only' then figures.source_grain = 'published'
            when 'break_in_series' then figures.change_status = 'break_in_series'
        end

),

listed as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        {{ joined_text('footnote_code', 'footnote_order') }} as footnote_codes
    from applying
    group by region_code, quarter, measure, department_code

)

select * from listed
