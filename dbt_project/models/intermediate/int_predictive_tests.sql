{%- set grain = ['region_code', 'quarter', 'measure', 'department_code'] -%}

-- The department: how likely a result so low is for one that is like the others. Their mean is itself an estimate, so
-- the count is beta-binomial: as uncertain as the answers of the others leave it. Half of the result counts (mid-p).
with questions as (

    select
        *,
        rate_of_others * (answers_of_others - 1e0) as alpha,
        (1e0 - rate_of_others) * (answers_of_others - 1e0) as beta,
        -- the smaller tail is summed, as 1 minus the larger one has lost the digits of a small probability
        rate <= rate_of_others as is_lower_tail
    from {{ ref('int_tested_departments') }}
    -- with fewer of them the mean of the others is too uncertain to compare with
    where is_tested and tested_department_count >= minimum_test_departments and answers_of_others > 1e0

),

terms as (

    select
        *,
        {{ whole_numbers(
            'case when is_lower_tail then 0 else success_count end',
            'case when is_lower_tail then success_count else answered_count end'
        ) }} as term
    from questions

),

tests as (

    select
        {{ grain | join(',\n        ') }},
        is_lower_tail,
        {{ probability_sum(
            'case when term = success_count then 0.5e0 else 1e0 end * '
            ~ beta_binomial_probability('term', 'answered_count', 'alpha', 'beta')
        ) }} as tail
    from terms
    group by {{ grain | join(', ') }}, is_lower_tail

)

select
    {{ grain | join(',\n    ') }},
    least(1e0, case when is_lower_tail then tail else greatest(0e0, 1e0 - tail) end) as p_value
from tests
