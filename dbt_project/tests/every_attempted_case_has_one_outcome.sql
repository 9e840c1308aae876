-- Why: an outcome rate over cases that were lost or counted twice would look like any other. The seven classes of a
-- department are its sample: a disposition without a class would be missing here.
select
    outcomes.region_code,
    outcomes.quarter,
    outcomes.department_code,
    outcomes.attempted_count,
    {{ aapor_counts().keys() | join(' + ') }} as classed_count,
    rates.sample_count
from {{ ref('call_outcomes') }} as outcomes
inner join {{ ref('department_rates') }} as rates using (region_code, quarter, department_code)
where
    outcomes.attempted_count is distinct from {{ aapor_counts().keys() | join(' + ') }}
    or outcomes.attempted_count is distinct from rates.sample_count
