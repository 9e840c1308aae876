-- How far a rate can be relied on. It is a label: no department leaves an average, a rank or a test for it.
with measured as (

    select
        measures.*,
        (intervals.ci_high - intervals.ci_low) / 2e0 as ci_half_width,
        limits.not_rated_below_count,
        limits.caution_below_count,
        cast(limits.caution_half_width_pct as double) / 1e2 as caution_half_width
    from {{ ref('int_department_measures') }} as measures
    left join {{ ref('int_department_intervals') }} as intervals
        using (region_code, quarter, measure, department_code)
    inner join {{ ref('reliability_limits') }} as limits on {{ is_valid_in('limits', 'measures.quarter') }}
    -- of printed rates nobody knows how many answers they are made from
    where measures.source_grain = 'cases'

),

judged as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        case
            when sample_count = 0 then 'not_sampled'
            -- of a rate that is not published nothing is said
            when is_suppressed or answered_count < not_rated_below_count then 'not_rated'
            when answered_count < caution_below_count or ci_half_width > caution_half_width then 'caution'
            else 'rankable'
        end as reliability,
        answered_count > 0 and answered_count < not_rated_below_count as is_very_small,
        answered_count >= not_rated_below_count and answered_count < caution_below_count as is_small,
        ci_half_width > caution_half_width as is_wide
    from measured

)

select * from judged
