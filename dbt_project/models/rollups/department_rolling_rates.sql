-- Four quarters of a department together: what accountability can rest on.
select
    windows.region_code,
    windows.quarter,
    windows.measure,
    windows.measure_definition,
    windows.department_code,
    windows.department_name,
    windows.quarter_count,
    windows.is_complete,
    windows.first_quarter,
    windows.shortened_by,
    windows.answered_count,
    windows.success_count,
    windows.pooled_rate,
    windows.pooled_pct,
    windows.mean_rate,
    windows.mean_pct,
    tests.ci_low,
    tests.ci_high,
    tests.p_value,
    tests.q_value,
    tests.is_significantly_below,
    tests.signal_reliability,
    tests.is_accountable,
    -- lasting: below over a whole year, on answers enough to hold somebody to account
    windows.is_complete and tests.is_accountable and tests.is_significantly_below as is_lastingly_below,
    case when windows.answered_count > 0 then windows.design_effect end as design_effect
from {{ ref('int_department_windows') }} as windows
left join {{ ref('int_rolling_tests') }} as tests using (region_code, quarter, measure, department_code)
