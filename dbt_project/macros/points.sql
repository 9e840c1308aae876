{#
  Points of an assessment, to four decimals, half up: `item_points` times `weighted_hundredths` (printed rates in hundredths
  of a point, times their weights) over `weight_total`. On integers, as percentages are.
#}
{% macro points(item_points, weighted_hundredths, weight_total) -%}
    {{ as_points(half_up(
        wide_integer(hundredths(item_points)) ~ ' * ' ~ weighted_hundredths,
        '100 * ' ~ weight_total
    )) }}
{%- endmacro %}

{# A whole number of ten-thousandths of a point as points. #}
{% macro as_points(ten_thousandths) -%}
    cast(cast({{ ten_thousandths }} as decimal(18, 0)) / 10000 as decimal(7, 4))
{%- endmacro %}
