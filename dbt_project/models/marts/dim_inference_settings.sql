{{ config(alias='inference_settings') }}

-- As of each quarter: roll-ups are made of releases, and test by what their last quarter was released with.
select
    region_quarters.region_code,
    region_quarters.quarter,
    rules.confidence_level,
    rules.z_value,
    rules.significance_level,
    greatest(rules.minimum_test_count, limits.not_rated_below_count) as minimum_test_count,
    rules.minimum_test_departments,
    rules.accountable_answer_count,
    rules.accountable_reliability
from {{ ref('int_region_quarters') }} as region_quarters
inner join {{ ref('inference_settings') }} as rules on {{ is_valid_in('rules', 'region_quarters.quarter') }}
inner join {{ ref('reliability_limits') }} as limits on {{ is_valid_in('limits', 'region_quarters.quarter') }}
