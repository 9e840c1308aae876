with departments as (

    select
        rates.*,
        -- the lowest is the department the annex prints last, of those with enough answers to be rated
        case
            when rates.rate is not null and coalesce(rates.reliability, '') != 'not_rated' then positions.row_number
        end as rated_position,
        -- floating-point sums, each in a fixed order
        {% for weight, term in {
            'weighted_sum': 'rates.valid_frame_count * rates.rate',
            'variance_sum': 'variances.rate_variance',
            'weighted_variance_sum':
                'cast(rates.valid_frame_count as double) * rates.valid_frame_count * variances.rate_variance',
        }.items() %}
            sum({{ term }}) over (
                partition by rates.region_code, rates.quarter, rates.measure
                order by rates.department_code
                rows between unbounded preceding and unbounded following
            ) as {{ weight }},
        {% endfor %}
        effects.intraclass_correlation
    from {{ ref('department_rates') }} as rates
    inner join {{ ref('int_annex_positions') }} as positions
        using (region_code, quarter, measure, department_code)
    -- none for printed rates: nobody knows how many answers they are made from
    left join {{ ref('int_department_variances') }} as variances
        using (region_code, quarter, measure, department_code)
    left join {{ ref('int_interviewer_effects') }} as effects
        using (region_code, quarter, measure, department_code)

),

regions as (

    select
        region_code,
        quarter,
        measure,
        count(*) as department_count,
        count(rate) as rated_department_count,
        max(average_pct) as average_pct,
        max(mean_rate) as mean_rate,
        sqrt(max(variance_sum)) / nullif(count(rate), 0) as mean_rate_se,
        max(weighted_sum)
        / nullif(sum(case when rate is null then 0 else valid_frame_count end), 0) as frame_weighted_rate,
        sqrt(max(weighted_variance_sum))
        / nullif(sum(case when rate is null then 0 else valid_frame_count end), 0) as frame_weighted_se,
        -- NULL, not 0, beside an average that is NULL
        case when count(rate_pct) > 0 then count(*) filter (where is_below_average) end as below_average_count,
        -- NULL, not 0, where nothing was tested
        {% for flag in ['is_significantly_below', 'is_significantly_below_superpopulation'] %}
            cast(sum(case when {{ flag }} then 1 when not {{ flag }} then 0 end) as bigint)
                as {{ flag | replace('is_significantly_below', 'significantly_below_count') }},
        {% endfor %}
        -- one per region and measure
        max(intraclass_correlation) as intraclass_correlation,
        max(rated_position) as rated_position
    from departments
    group by region_code, quarter, measure

),

compared as (

    select
        regions.region_code,
        regions.quarter,
        regions.measure,
        regions.department_count,
        regions.rated_department_count,
        regions.average_pct,
        regions.mean_rate,
        regions.mean_rate_se,
        regions.frame_weighted_rate,
        regions.frame_weighted_se,
        regions.below_average_count,
        regions.significantly_below_count,
        regions.significantly_below_count_superpopulation,
        lowest.department_code as lowest_department_code,
        lowest.department_name as lowest_department_name,
        benchmarks.benchmark_pct,
        benchmarks.benchmark_label,
        benchmarks.benchmark_year,
        cast(regions.average_pct - benchmarks.benchmark_pct as decimal(5, 2)) as gap_to_benchmark_pct,
        first_answers.gained_success_count,
        first_answers.lost_success_count,
        first_answers.answer_change_p_value,
        regions.intraclass_correlation
    from regions
    left join departments as lowest using (region_code, quarter, measure, rated_position)
    left join {{ ref('int_region_benchmarks') }} as benchmarks using (region_code, quarter, measure)
    left join {{ ref('int_first_answers') }} as first_answers
        on
            regions.region_code = first_answers.region_code
            and regions.quarter = first_answers.quarter
            and regions.measure = first_answers.measure
            and first_answers.department_code is null

)

select * from compared
