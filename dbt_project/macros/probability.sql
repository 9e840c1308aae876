{#
  Exact probabilities in SQL, as sums over the whole numbers a count may be. Terms are exponentials of logarithms: the
  factors of a binomial coefficient overflow long before their quotient does.
#}

{# A row for each whole number from `first_number` to `last_number`, both included. Filter empty ranges out. #}
{% macro whole_numbers(first_number, last_number) -%}
    unnest(range({{ first_number }}, {{ last_number }} + 1))
{%- endmacro %}

{# The logarithm of the gamma function, of a number above 0. #}
{% macro log_gamma(value) -%}
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

{#
  What all terms of a sum of beta-binomial probabilities have in common, as columns for `beta_binomial_probability`: five of its
  nine logarithms, taken once.
#}
{% macro beta_binomial_constants(answers, alpha, beta) -%}
    {{ log_gamma('(' ~ answers ~ ' + 1e0)') }} as log_answers,
        {{ log_gamma('(' ~ answers ~ ' + ' ~ alpha ~ ' + ' ~ beta ~ ')') }} as log_answers_alpha_beta,
        {{ log_gamma('(' ~ alpha ~ ' + ' ~ beta ~ ')') }} as log_alpha_beta,
        {{ log_gamma(alpha) }} as log_alpha,
        {{ log_gamma(beta) }} as log_beta
{%- endmacro %}

{# The beta-binomial probability of `successes` among `answers`: the rate is beta-distributed by `alpha`, `beta`. #}
{% macro beta_binomial_probability(successes, answers, alpha, beta) -%}
    exp(
        log_answers
        - {{ log_gamma('(' ~ successes ~ ' + 1e0)') }}
        - {{ log_gamma('(' ~ answers ~ ' - ' ~ successes ~ ' + 1e0)') }}
        + {{ log_gamma('(' ~ successes ~ ' + ' ~ alpha ~ ')') }}
        + {{ log_gamma('(' ~ answers ~ ' - ' ~ successes ~ ' + ' ~ beta ~ ')') }}
        - log_answers_alpha_beta
        + log_alpha_beta
        - log_alpha
        - log_beta
    )
{%- endmacro %}

{#
  The sum of probabilities. As decimals of thirty places, since a sum of floating-point numbers depends on their order,
  and so would a release on how many threads made it. What is below 1e-30 counts as 0.
#}
{% macro probability_sum(probability) -%}
    {{ nearest_double('sum(cast(' ~ probability ~ ' as decimal(38, 30)))') }}
{%- endmacro %}
