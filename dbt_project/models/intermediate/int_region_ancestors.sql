{#- district, city, province, country -#}
{%- set levels_up = 3 -%}

-- Every region with itself and the divisions above it: what a register says of a city holds in its districts, unless
-- these have a row of their own.
with ancestors_0 as (

    select
        region_code,
        region_code as ancestor_code,
        parent_region_code as next_code,
        cast(0 as bigint) as distance
    from {{ ref('regions') }}

),

{% for level in range(1, levels_up + 1) %}
    ancestors_{{ level }} as (

        select
            descendants.region_code,
            regions.region_code as ancestor_code,
            regions.parent_region_code as next_code,
            cast({{ level }} as bigint) as distance
        from ancestors_{{ level - 1 }} as descendants
        inner join {{ ref('regions') }} as regions on descendants.next_code = regions.region_code

    ),
{% endfor %}

ancestors as (

    {% for level in range(levels_up + 1) %}
        select
            region_code,
            ancestor_code,
            distance
        from ancestors_{{ level }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

)

select * from ancestors
