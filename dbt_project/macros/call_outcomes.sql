{#
  The outcome rates of the American Association for Public Opinion Research over counted cases (AAPOR, Standard
  Definitions, telephone surveys). U, the cases of unknown eligibility, are our class UO. A rate without a denominator is
  NULL, and so is RR3 where no case tells the share of eligible ones.
#}
{% macro aapor_rates() -%}
    {%- set known_eligible = '(complete_count + partial_count + refusal_count + non_contact_count + other_count)' -%}
    {%- set everyone = '(' ~ known_eligible ~ ' + unknown_eligibility_count)' -%}
    {%- set spoken_to = '(complete_count + partial_count + refusal_count + other_count)' -%}
    {{ rate(known_eligible, '(' ~ known_eligible ~ ' + not_eligible_count)') }} as eligibility_rate,
    {{ rate('complete_count', everyone) }} as response_rate_1,
    cast(complete_count as double) / nullif(
        {{ known_eligible }}
        + unknown_eligibility_count * {{ rate(known_eligible, '(' ~ known_eligible ~ ' + not_eligible_count)') }},
        0
    ) as response_rate_3,
    {{ rate('complete_count', spoken_to) }} as cooperation_rate_1,
    {{ rate('refusal_count', everyone) }} as refusal_rate_1,
    {{ rate(spoken_to, everyone) }} as contact_rate_1
{%- endmacro %}

{# The columns of counts, each with the class it counts. #}
{% macro aapor_counts() -%}
    {{ return({
        'complete_count': 'I',
        'partial_count': 'P',
        'refusal_count': 'R',
        'non_contact_count': 'NC',
        'unknown_eligibility_count': 'UO',
        'not_eligible_count': 'NE',
        'other_count': 'O',
    }) }}
{%- endmacro %}
