{# Quarters are text, YYYYQn: they sort and compare as they stand. #}
{% macro quarter_of(date_column) -%}
    concat(cast(extract(year from {{ date_column }}) as string), 'Q', cast(extract(quarter from {{ date_column }}) as string))
{%- endmacro %}

{# First day of a quarter. #}
{% macro quarter_starts_on(quarter) -%}
    cast(
        concat(
            substring({{ quarter }}, 1, 4),
            case substring({{ quarter }}, 6, 1) when '1' then '-01-01' when '2' then '-04-01' when '3' then '-07-01' else '-10-01' end
        ) as date
    )
{%- endmacro %}

{# Last day of a quarter. #}
{% macro quarter_ends_on(quarter) -%}
    cast(
        concat(
            substring({{ quarter }}, 1, 4),
            case substring({{ quarter }}, 6, 1) when '1' then '-03-31' when '2' then '-06-30' when '3' then '-09-30' else '-12-31' end
        ) as date
    )
{%- endmacro %}

{# Whether a register row is valid in a quarter: from and to are quarters, both inclusive, open where they are empty. #}
{% macro is_valid_in(register, quarter) -%}
    ({{ register }}.valid_from is null or {{ quarter }} >= {{ register }}.valid_from)
    and ({{ register }}.valid_to is null or {{ quarter }} <= {{ register }}.valid_to)
{%- endmacro %}

{# Quarters counted through the years: the one before is one less. #}
{% macro quarter_index(quarter) -%}
    4 * cast(substring({{ quarter }}, 1, 4) as bigint) + cast(substring({{ quarter }}, 6, 1) as bigint)
{%- endmacro %}
