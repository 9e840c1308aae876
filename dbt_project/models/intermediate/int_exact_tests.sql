{%- set grain = ['region_code', 'quarter', 'measure', 'department_code', 'inference'] -%}

-- This quarter's cases: how likely so few successes are among those who answered, if the whole frame were just not
-- below the mean (`finite`), or so many, if it were just not above (`finite_above`). Who answers is drawn without
-- putting back, so the count is hypergeometric. Facts are not tested: a census, and what no answer could change.
with questions as (

    select
        *,
        'finite' as inference,
        least_average_successes as frame_successes,
        success_count as last_below
    from {{ ref('int_tested_departments') }}
    where is_tested and not is_census and not is_certainly_below
    union all
    -- x or more is all but x − 1 or less
    select
        *,
        'finite_above' as inference,
        most_average_successes as frame_successes,
        success_count - 1 as last_below
    from {{ ref('int_tested_departments') }}
    where is_tested and not is_census and not is_certainly_above

),

ranged as (

    select
        *,
        greatest(0, answered_count - (frame_count - frame_successes)) as least_successes,
        least(answered_count, frame_successes) as most_successes,
        -- the smaller tail is summed, as 1 minus the larger one has lost the digits of a small probability
        success_count * frame_count <= answered_count * frame_successes as is_lower_tail,
        case when is_lower_tail then least_successes else last_below + 1 end as first_term,
        case when is_lower_tail then last_below else most_successes end as last_term
    from questions

),

terms as (

    select
        *,
        {{ whole_numbers('first_term', 'last_term') }} as term
    from ranged
    where first_term <= last_term

),

tails as (

    select
        {{ grain | join(',\n        ') }},
        {{ probability_sum(
            hypergeometric_probability('term', 'answered_count', 'frame_successes', 'frame_count')
        ) }} as tail
    from terms
    group by {{ grain | join(', ') }}

),

tests as (

    select
        ranged.region_code,
        ranged.quarter,
        ranged.measure,
        ranged.department_code,
        ranged.inference,
        least(
            1e0,
            case
                when ranged.is_lower_tail = (ranged.inference = 'finite') then coalesce(tails.tail, 0e0)
                else greatest(0e0, 1e0 - coalesce(tails.tail, 0e0))
            end
        ) as p_value
    from ranged
    left join tails using ({{ grain | join(', ') }})

)

select * from tests
