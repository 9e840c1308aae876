select
    measures.region_code,
    measures.quarter,
    measures.department_code,
    measures.department_name,
    measures.measure,
    measures.measure_name,
    measures.rate_pct,
    row_number() over (
        partition by measures.region_code, measures.quarter, measures.measure
        order by
            -- departments without a rate come last
            measures.rate_pct is null asc,
            measures.rate_pct desc,
            -- the override only orders departments of the same rate: a correction that moves a rate moves its row
            annex_order.row_number is null asc,
            annex_order.row_number asc,
            measures.valid_frame_count desc,
            measures.sample_count desc,
            measures.department_code asc
    ) as row_number
from {{ ref('int_department_measures') }} as measures
left join {{ ref('annex_order') }} as annex_order using (region_code, quarter, measure, department_code)
