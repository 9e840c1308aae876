select
    rates.region_code,
    rates.quarter,
    rates.measure,
    row_number() over (
        partition by rates.region_code, rates.quarter, rates.measure
        order by positions.row_number
    ) as list_position,
    rates.department_code,
    rates.department_name,
    rates.rate_pct,
    rates.average_pct,
    cast(rates.rate_pct - rates.average_pct as decimal(5, 2)) as gap_pct,
    rates.is_significantly_below,
    rates.is_significantly_below_superpopulation,
    rates.reliability
from {{ ref('department_rates') }} as rates
inner join {{ ref('int_annex_positions') }} as positions
    using (region_code, quarter, measure, department_code)
where rates.is_below_average
