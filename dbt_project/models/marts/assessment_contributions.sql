select
    region_code,
    quarter,
    department_code,
    department_name,
    measure,
    rule_code,
    is_assumption,
    weight,
    weight_total,
    rate_pct,
    {{ points('item_points', 'weight * ' ~ hundredths('rate_pct'), 'weight_total') }} as contribution_points,
    {{ points('item_points', '10000 * weight', 'weight_total') }} as max_contribution_points
from {{ ref('int_assessed_rates') }}
