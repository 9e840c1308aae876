{#
  Which whole numbers x make x of n, in percent rounded half up to two decimals, the printed number of hundredths of a
  point: those from least_part to most_part, and none where the first exceeds the second. From
  h = floor((20000 x + n) / 2n), the rounding rule itself, follows (2h - 1) n <= 20000 x < (2h + 1) n. All of it in
  integers: 20000 / 160 of a point lies on an edge that floats miss. Printed 0.00 has no lower bound below 0.
#}
{% macro least_part(hundredths, whole) -%}
    {{ integer_division('greatest(2 * (' ~ hundredths ~ ') - 1, 0) * ' ~ whole ~ ' + 19999', '20000') }}
{%- endmacro %}

{# The largest such x, never more than n. #}
{% macro most_part(hundredths, whole) -%}
    least(
        {{ integer_division('(2 * (' ~ hundredths ~ ') + 1) * ' ~ whole ~ ' + 19999', '20000') }} - 1,
        {{ whole }}
    )
{%- endmacro %}

{#
  The floating-point number nearest to a decimal. By its text: a cast from a decimal of more than eighteen digits is a
  neighbour of the nearest one in DuckDB 1, so a figure would change its last digit with the version that computed it.
#}
{% macro nearest_double(decimal) -%}
    cast(cast({{ decimal }} as string) as double)
{%- endmacro %}
