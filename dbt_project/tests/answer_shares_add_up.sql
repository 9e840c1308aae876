-- Why: the annexes print shares that add up to 100.00 and whose successes are the department's rate. A share that is
-- moved to make the sum right must not move the headline figure.
select
    answers.region_code,
    answers.quarter,
    answers.department_code,
    answers.measure,
    sum(answers.answer_pct) as total_pct,
    sum(case when answers.is_success then answers.answer_pct else 0 end) as success_pct,
    min(answers.answer_pct) as smallest_pct,
    max(rates.rate_pct) as rate_pct
from {{ ref('department_answers') }} as answers
inner join {{ ref('department_rates') }} as rates
    using (region_code, quarter, measure, department_code)
-- of masked answers only the sum is known, and that is the rate
where rates.rate is not null and rates.source_grain = 'cases'
group by answers.region_code, answers.quarter, answers.department_code, answers.measure
having
    not bool_or(answers.is_suppressed)
    and (
        sum(answers.answer_pct) is distinct from 100
        or sum(case when answers.is_success then answers.answer_pct else 0 end) is distinct from max(rates.rate_pct)
        or min(answers.answer_pct) < 0
    )
