-- Why: an interval holds its rate, the one for the department is never narrower than the one for the quarter's cases,
-- and adjusting for many tests never makes a difference more significant. No counts can break any of it, only a wrong
-- formula.
select
    region_code,
    quarter,
    measure,
    department_code,
    rate,
    ci_low,
    ci_high,
    ci_display_low,
    ci_display_high,
    ci_low_superpopulation,
    ci_high_superpopulation,
    p_value,
    q_value
from {{ ref('department_rates') }}
where
    answered_count > 0
    and rate is not null
    and not coalesce(
        0e0 <= ci_low and ci_low <= ci_display_low and ci_display_low <= rate + 1e-12
        and rate <= ci_display_high + 1e-12 and ci_display_high <= ci_high and ci_high <= 1e0
        and ci_low_superpopulation <= ci_low + 1e-12 and ci_high <= ci_high_superpopulation + 1e-12
        -- NULL where nothing was tested
        and coalesce(p_value <= q_value + 1e-12 and q_value <= 1e0, p_value is null and q_value is null)
        and coalesce(
            p_value_superpopulation <= q_value_superpopulation + 1e-12 and q_value_superpopulation <= 1e0,
            p_value_superpopulation is null and q_value_superpopulation is null
        )
        and coalesce(contrast_p_value <= contrast_q_value + 1e-12 and contrast_q_value <= 1e0, contrast_se is null),
        false
    )
