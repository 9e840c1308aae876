{#
  The rows of a register that may hold in a region and quarter, as `rules` beside `region_quarters`: those of the region, of the
  regions above it, and the general ones, which name no region.
#}
{% macro from_rules_of_regions(register) -%}
    from {{ ref('int_region_quarters') }} as region_quarters
    inner join {{ ref(register) }} as rules on {{ is_valid_in('rules', 'region_quarters.quarter') }}
    left join {{ ref('int_region_ancestors') }} as ancestors
        on
            region_quarters.region_code = ancestors.region_code
            and rules.region_code = ancestors.ancestor_code
    where rules.region_code is null or ancestors.ancestor_code is not null
{%- endmacro %}

{#
  How far such a row stands from its region: its own goes before the city's, this before the province's, the general one
  last. Nine is farther than any ancestor.
#}
{% macro rule_distance() -%}
    coalesce(ancestors.distance, 9)
{%- endmacro %}
