{#
  Probability in SQL. Literals carry an exponent: without one they are DECIMAL, and multiply into types that overflow.
  What is repeated in a formula should be a column and no expression: a macro writes its arguments out each time.
#}

{#
  The normal distribution function, by the double-precision algorithm of Hart et al. (Computer Approximations, 1968,
  function 5666) as printed by West (Better approximations to cumulative normal functions, Wilmott, May 2005): a quotient
  of two polynomials up to 10/√2, a continued fraction beyond. The error is below 1e-15, and below 1e-8 of the probability.
#}
{% macro normal_cdf(score) -%}
    {%- set size = 'abs(' ~ score ~ ')' -%}
    {%- set density = 'exp(-' ~ size ~ ' * ' ~ size ~ ' / 2e0)' -%}
    {%- set numerator = [
        '3.52624965998911e-2', '0.700383064443688e0', '6.37396220353165e0', '33.912866078383e0', '112.079291497871e0',
        '221.213596169931e0', '220.206867912376e0',
    ] -%}
    {%- set denominator = [
        '8.83883476483184e-2', '1.75566716318264e0', '16.064177579207e0', '86.7807322029461e0', '296.564248779674e0',
        '637.333633378831e0', '793.826512519948e0', '440.413735824752e0',
    ] -%}
    {%- set fraction = namespace(value=size ~ ' + 0.65e0') -%}
    {%- for number in [4, 3, 2, 1] -%}
        {%- set fraction.value = size ~ ' + ' ~ number ~ 'e0 / (' ~ fraction.value ~ ')' -%}
    {%- endfor -%}
    {%- set near = density ~ ' * (' ~ polynomial(size, numerator) ~ ') / (' ~ polynomial(size, denominator) ~ ')' -%}
    {%- set far = density ~ ' / (' ~ fraction.value ~ ') / 2.5066282746310002e0' -%}
    case
        when {{ score }} <= -38e0 then 0e0
        when {{ score }} >= 38e0 then 1e0
        when {{ score }} <= -7.07106781186547e0 then {{ far }}
        when {{ score }} <= 0e0 then {{ near }}
        when {{ score }} < 7.07106781186547e0 then 1e0 - {{ near }}
        when {{ score }} < 38e0 then 1e0 - {{ far }}
    end
{%- endmacro %}

{#
  The score that a standard normal variable exceeds with probability `tail`, for tails from 1e-11 to 0.07: Wichura's
  algorithm AS 241 (Applied Statistics 37, 1988), its middle range. The error is below 1e-15 of the score.
#}
{% macro upper_normal_quantile(tail) -%}
    {%- set distance = '(sqrt(-ln(' ~ tail ~ ')) - 1.6e0)' -%}
    {%- set numerator = [
        '7.7454501427834140764e-4', '2.27238449892691845833e-2', '2.4178072517745061177e-1', '1.27045825245236838258e0',
        '3.64784832476320460504e0', '5.7694972214606914055e0', '4.6303378461565452959e0', '1.42343711074968357734e0',
    ] -%}
    {%- set denominator = [
        '1.05075007164441684324e-9', '5.475938084995344946e-4', '1.51986665636164571966e-2', '1.4810397642748007459e-1',
        '6.8976733498510000455e-1', '1.6763848301838038494e0', '2.05319162663775882187e0', '1e0',
    ] -%}
    ({{ polynomial(distance, numerator) }}) / ({{ polynomial(distance, denominator) }})
{%- endmacro %}

{# A polynomial by Horner's scheme, the coefficient of the highest power first. #}
{% macro polynomial(variable, coefficients) -%}
    {%- set sum = namespace(value=coefficients[0]) -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set sum.value = '(' ~ sum.value ~ ') * ' ~ variable ~ ' + ' ~ coefficient -%}
    {%- endfor -%}
    {{ sum.value }}
{%- endmacro %}

{#
  How many answers from an unlimited frame would say as much as `answers` out of `frame` do: the finite-population
  correction. NULL stands for infinitely many: everyone answered, and nothing is left to chance.
#}
{% macro effective_count(answers, frame) -%}
    case when {{ answers }} < {{ frame }} then cast({{ answers }} as double) * ({{ frame }} - 1) / ({{ frame }} - {{ answers }}) end
{%- endmacro %}

{#
  Limits of the Wilson interval of a rate from `answers` answers (NULL: infinitely many, so the rate itself). They enclose
  the rate exactly: at 0 and at 1 the formula alone may miss it by a last digit.
#}
{% macro wilson_low(rate, answers, z) -%}
    case
        when {{ rate }} is null or {{ answers }} is null then {{ rate }}
        else least(
            {{ rate }},
            greatest(0e0, {{ wilson_centre(rate, answers, z) }} - {{ wilson_half_width(rate, answers, z) }})
        )
    end
{%- endmacro %}

{% macro wilson_high(rate, answers, z) -%}
    case
        when {{ rate }} is null or {{ answers }} is null then {{ rate }}
        else greatest(
            {{ rate }},
            least(1e0, {{ wilson_centre(rate, answers, z) }} + {{ wilson_half_width(rate, answers, z) }})
        )
    end
{%- endmacro %}

{% macro wilson_centre(rate, answers, z) -%}
    ({{ rate }} + {{ z }} * {{ z }} / (2e0 * {{ answers }})) / (1e0 + {{ z }} * {{ z }} / {{ answers }})
{%- endmacro %}

{% macro wilson_half_width(rate, answers, z) -%}
    {{ z }} * sqrt(
        {{ rate }} * (1e0 - {{ rate }}) / {{ answers }} + {{ z }} * {{ z }} / (4e0 * {{ answers }} * {{ answers }})
    ) / (1e0 + {{ z }} * {{ z }} / {{ answers }})
{%- endmacro %}

{#
  Newcombe's method 10 for the difference of two rates (Statistics in Medicine 17, 1998): how far its lower limit lies
  below it, or its upper one above it. `later_limit` and `earlier_limit` are the Wilson limits on the sides that pull that way.
#}
{% macro newcombe_distance(later_rate, later_limit, earlier_rate, earlier_limit) -%}
    sqrt(
        ({{ later_rate }} - {{ later_limit }}) * ({{ later_rate }} - {{ later_limit }})
        + ({{ earlier_rate }} - {{ earlier_limit }}) * ({{ earlier_rate }} - {{ earlier_limit }})
    )
{%- endmacro %}

{# The columns `p_value_rank` and `test_count` of a family's q-values: numbered from the smallest, NULLs last. #}
{% macro numbered_p_values(p_value, family) -%}
    row_number() over (
            partition by {{ family | join(', ') }}
            order by {{ p_value }} is null asc, {{ p_value }} asc, department_code asc
        ) as p_value_rank,
        count({{ p_value }}) over (partition by {{ family | join(', ') }}) as test_count
{%- endmacro %}

{#
  Benjamini and Hochberg's q-value (Journal of the Royal Statistical Society B 57, 1995). `p_value_rank` numbers the p-values of
  a family from the smallest, NULLs last, and `test_count` is how many of them there are; equal p-values get equal q-values in any order.
#}
{% macro benjamini_hochberg(p_value, p_value_rank, test_count, family) -%}
    case
        when {{ p_value }} is not null
            then least(
                1e0,
                min({{ p_value }} * {{ test_count }} / {{ p_value_rank }}) over (
                    partition by {{ family | join(', ') }}
                    order by {{ p_value_rank }}
                    rows between current row and unbounded following
                )
            )
    end
{%- endmacro %}
