{#
  The test of a department against the others, as common table expressions: of one quarter's counts and of four's.
  `relation` has a row per department of each family, with is_tested, rate, answered_count, design_effect and department_code.
#}

{# `others`: what the others of each department's family say, their mean and as how many answers they count. #}
{% macro others_of(relation, family) -%}
    {%- set partition = 'partition by ' ~ family | join(', ') -%}
    {%- set whole_family = 'rows between unbounded preceding and unbounded following' -%}
summed as (

    select
        *,
        count(case when is_tested then 1 end) over ({{ partition }}) as tested_department_count,
        -- in a fixed order: the last digits of a floating-point sum depend on it
        sum(case when is_tested then rate end) over (
            {{ partition }} order by department_code {{ whole_family }}
        ) as rate_sum,
        sum(case when is_tested then design_effect / answered_count end) over (
            {{ partition }} order by department_code {{ whole_family }}
        ) as inverse_sum
    from {{ relation }}

),

left_out as (

    select
        *,
        case when is_tested then (rate_sum - rate) / nullif(tested_department_count - 1, 0) end as mean_of_others,
        -- as many answers of one department would make as sure a mean as the others do: A(1 − A) over its variance
        case
            when is_tested
                then
                    cast(tested_department_count - 1 as double) * (tested_department_count - 1)
                    / nullif(inverse_sum - design_effect / answered_count, 0e0)
        end as answers_of_others
    from summed

),

others as (

    select
        *,
        -- an answer of theirs is kept between it and 0 or 1: that all others were satisfied does not prove that
        -- everybody always is
        greatest(
            1e0 / (answers_of_others + 1e0),
            least(1e0 - 1e0 / (answers_of_others + 1e0), mean_of_others)
        ) as rate_of_others
    from left_out

)
{%- endmacro %}

{#
  `predictive`: how likely a result so low is for a department that is like the others, by `grain`. Their mean is itself
  an estimate, so the count is beta-binomial: as uncertain as the answers of the others leave it. Half of the result
  counts (mid-p). `relation` is made of `others` and has success_count and minimum_test_departments.
#}
{% macro predictive_tests(relation, grain) -%}
comparable as (

    select
        *,
        -- answers that one interviewer brought are alike: the count varies as that of fewer answers would
        case
            when design_effect > 1e0
                then 1e0 / (1e0 / answers_of_others + (design_effect - 1e0) / nullif(answered_count - 1, 0))
            else answers_of_others
        end as comparable_answers
    from {{ relation }}

),

questions as (

    select
        *,
        rate_of_others * (comparable_answers - 1e0) as alpha,
        (1e0 - rate_of_others) * (comparable_answers - 1e0) as beta,
        -- the smaller tail is summed, as 1 minus the larger one has lost the digits of a small probability
        rate <= rate_of_others as is_lower_tail
    from comparable
    -- with fewer of them the mean of the others is too uncertain to compare with
    where is_tested and tested_department_count >= minimum_test_departments and comparable_answers > 1e0

),

with_constants as (

    select
        *,
        {{ beta_binomial_constants('answered_count', 'alpha', 'beta') }}
    from questions

),

terms as (

    select
        *,
        {{ whole_numbers(
            'case when is_lower_tail then 0 else success_count end',
            'case when is_lower_tail then success_count else answered_count end'
        ) }} as term
    from with_constants

),

tails as (

    select
        {{ grain | join(',\n        ') }},
        is_lower_tail,
        {{ probability_sum(
            'case when term = success_count then 0.5e0 else 1e0 end * '
            ~ beta_binomial_probability('term', 'answered_count', 'alpha', 'beta')
        ) }} as tail
    from terms
    group by {{ grain | join(', ') }}, is_lower_tail

),

predictive as (

    select
        {{ grain | join(',\n        ') }},
        least(1e0, case when is_lower_tail then tail else greatest(0e0, 1e0 - tail) end) as p_value
    from tails

)
{%- endmacro %}
