{#
  Exact probabilities in SQL, as sums over the whole numbers a count may be. Terms are exponentials of logarithms: the
  factors of a binomial coefficient overflow long before their quotient does.
#}

{# A row for each whole number from `first_number` to `last_number`, both included. Filter empty ranges out. #}
{% macro whole_numbers(first_number, last_number) -%}
    {{ return(adapter.dispatch('whole_numbers', 'callback_survey')(first_number, last_number)) }}
{%- endmacro %}

{% macro default__whole_numbers(first_number, last_number) -%}
    explode(sequence({{ first_number }}, {{ last_number }}))
{%- endmacro %}

{% macro duckdb__whole_numbers(first_number, last_number) -%}
    unnest(range({{ first_number }}, {{ last_number }} + 1))
{%- endmacro %}

{# The logarithm of the gamma function, of a number above 0. #}
{% macro log_gamma(value) -%}
    {{ return(adapter.dispatch('log_gamma', 'callback_survey')(value)) }}
{%- endmacro %}

{#
  Spark has no such function: Stirling's series at value + 10, where five of its terms leave an error below 1e-13, and
  back by the recurrence of the gamma function.
#}
{% macro default__log_gamma(value) -%}
    {%- set shifted = '(' ~ value ~ ' + 10e0)' -%}
    {%- set square = '(' ~ shifted ~ ' * ' ~ shifted ~ ')' -%}
    {%- set series = [
        '8.417508417508417e-4', '-5.952380952380953e-4', '7.936507936507937e-4', '-2.777777777777778e-3', '8.333333333333333e-2',
    ] -%}
    ({{ shifted }} - 0.5e0) * ln({{ shifted }}) - {{ shifted }} + 0.9189385332046728e0
    + ({{ polynomial('(1e0 / ' ~ square ~ ')', series) }}) / {{ shifted }}
    - ln({{ value }}{% for step in range(1, 10) %} * ({{ value }} + {{ step }}e0){% endfor %})
{%- endmacro %}

{% macro duckdb__log_gamma(value) -%}
    lgamma({{ value }})
{%- endmacro %}

{# The logarithm of the number of ways to choose `chosen` of `count`. #}
{% macro log_choose(count, chosen) -%}
    {{ log_gamma('(' ~ count ~ ' + 1e0)') }}
    - {{ log_gamma('(' ~ chosen ~ ' + 1e0)') }}
    - {{ log_gamma('(' ~ count ~ ' - ' ~ chosen ~ ' + 1e0)') }}
{%- endmacro %}

{#
  The hypergeometric probability of `successes` among `answers` drawn without putting back from `frame`, of which
  `frame_successes` are successes.
#}
{% macro hypergeometric_probability(successes, answers, frame_successes, frame) -%}
    exp(
        {{ log_choose(frame_successes, successes) }}
        + {{ log_choose('(' ~ frame ~ ' - ' ~ frame_successes ~ ')', '(' ~ answers ~ ' - ' ~ successes ~ ')') }}
        - ({{ log_choose(frame, answers) }})
    )
{%- endmacro %}

{# The beta-binomial probability of `successes` among `answers`: the rate is beta-distributed by `alpha`, `beta`. #}
{% macro beta_binomial_probability(successes, answers, alpha, beta) -%}
    exp(
        {{ log_choose(answers, successes) }}
        + {{ log_gamma('(' ~ successes ~ ' + ' ~ alpha ~ ')') }}
        + {{ log_gamma('(' ~ answers ~ ' - ' ~ successes ~ ' + ' ~ beta ~ ')') }}
        - {{ log_gamma('(' ~ answers ~ ' + ' ~ alpha ~ ' + ' ~ beta ~ ')') }}
        + {{ log_gamma('(' ~ alpha ~ ' + ' ~ beta ~ ')') }}
        - {{ log_gamma(alpha) }}
        - {{ log_gamma(beta) }}
    )
{%- endmacro %}

{#
  The sum of probabilities. As decimals of thirty places, since a sum of floating-point numbers depends on their order,
  and so would a release on how many threads made it. What is below 1e-30 counts as 0.
#}
{% macro probability_sum(probability) -%}
    cast(sum(cast({{ probability }} as decimal(38, 30))) as double)
{%- endmacro %}
