-- Between which places a department's rank may lie, by limits that hold for all departments together, with the
-- confidence of one interval (Klein, Wright and Wieczorek, Journal of the Royal Statistical Society A 183, 2020). As
-- departments: an interval for the quarter's cases alone would be of no width where everyone answered.
with rated as (

    select
        measures.*,
        count(*) over (partition by measures.region_code, measures.quarter, measures.measure) as ranked_count,
        rules.confidence_level
    from {{ ref('int_department_measures') }} as measures
    inner join {{ ref('inference_settings') }} as rules on {{ is_valid_in('rules', 'measures.quarter') }}
    where measures.answered_count > 0 and measures.rate is not null

),

tailed as (

    select
        *,
        -- so sure must one of them be, for all together to be as sure as wanted
        (1e0 - exp(ln(confidence_level) / ranked_count)) / 2e0 as tail
    from rated

),

scored as (

    select
        *,
        {{ upper_normal_quantile('tail') }} as joint_z
    from tailed

),

limited as (

    select
        *,
        {{ wilson_low('rate', 'answered_count', 'joint_z') }} as joint_low,
        {{ wilson_high('rate', 'answered_count', 'joint_z') }} as joint_high
    from scored

),

ranked as (

    select
        limited.region_code,
        limited.quarter,
        limited.measure,
        limited.department_code,
        1 + count(case when rivals.joint_low > limited.joint_high then 1 end) as rank_low,
        max(limited.ranked_count) - count(case when rivals.joint_high < limited.joint_low then 1 end)
            as rank_high,
        max(limited.ranked_count) as ranked_count
    from limited
    inner join limited as rivals using (region_code, quarter, measure)
    group by limited.region_code, limited.quarter, limited.measure, limited.department_code

),

limits as (

    select
        region_code,
        quarter,
        measure,
        department_code,
        rank_low,
        rank_high,
        -- alone, a department is neither first nor last
        ranked_count > 1 and rank_low = ranked_count as is_lowest_certain
    from ranked

)

select * from limits
