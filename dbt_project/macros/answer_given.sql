-- The answer a code stands for; NULL for one that says why there is none (seed nothing_spellings): it is in no
-- denominator.
{% macro answer_given(code) %}
    case when {{ code }} not in ('dont_know', 'refused_answer') then {{ code }} end
{%- endmacro %}
