{#
  Printed percentages, exact to the last digit. DECIMAL division and avg() give DOUBLE in DuckDB, and a DOUBLE cast to
  DECIMAL(5,2) is wrong for 49 of 721,800 pairs: so the rounding (half up) is done on integers.
#}
{% macro pct(part, whole) -%}
    {{ as_pct(half_up('10000 * ' ~ wide_integer(part), whole)) }}
{%- endmacro %}

{# Mean of `count` printed percentages whose sum, in hundredths of a point, is `hundredths`; NULL for none. #}
{% macro average_pct(hundredths, count) -%}
    {{ as_pct(half_up(wide_integer(hundredths), count)) }}
{%- endmacro %}

{# A printed percentage as a whole number of hundredths of a point: 94.77 is 9477. #}
{% macro hundredths(printed_pct) -%}
    cast({{ printed_pct }} * 100 as bigint)
{%- endmacro %}

{# A whole number of hundredths of a point as a printed percentage. #}
{% macro as_pct(hundredths) -%}
    cast(cast({{ hundredths }} as decimal(18, 0)) / 100 as decimal(5, 2))
{%- endmacro %}

{# The unrounded fraction; NULL, never 0, where nobody answered. #}
{% macro rate(part, whole) -%}
    cast({{ part }} as double) / nullif({{ whole }}, 0)
{%- endmacro %}

{# The whole number nearest to a quotient of numbers that are not negative, halves up; NULL where the divisor is 0. #}
{% macro half_up(dividend, divisor) -%}
    {{ integer_division('2 * ' ~ dividend ~ ' + ' ~ divisor, '2 * nullif(' ~ divisor ~ ', 0)') }}
{%- endmacro %}

{# Whole-number division of numbers that are not negative, the rest dropped. #}
{% macro integer_division(dividend, divisor) -%}
    ({{ dividend }}) // ({{ divisor }})
{%- endmacro %}

{# An integer wide enough for 20,000 times any count. #}
{% macro wide_integer(value) -%}
    cast({{ value }} as hugeint)
{%- endmacro %}
