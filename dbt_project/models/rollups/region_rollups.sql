-- From the districts to the city and the province above them: three means that answer three questions.
select
    figures.region_code,
    regions.region_name,
    regions.region_level,
    figures.quarter,
    figures.measure,
    figures.measure_definition,
    figures.definition_count,
    figures.expected_region_count,
    figures.served_region_count,
    figures.rated_region_count,
    figures.is_covered as is_complete,
    figures.department_count,
    figures.rated_department_count,
    figures.answered_count,
    figures.success_count,
    figures.department_mean_rate,
    figures.department_mean_pct,
    figures.region_mean_rate,
    figures.region_mean_pct,
    figures.weighted_sum / nullif(figures.rated_frame_count, 0) as frame_weighted_rate,
    {{ average_pct('figures.weighted_hundredths', 'figures.rated_frame_count') }} as frame_weighted_pct,
    figures.district_count
from {{ ref('int_region_figures') }} as figures
inner join {{ ref('dim_regions') }} as regions using (region_code)
where figures.made_from = 'districts'
