{#- district, city, province, country -#}
{%- set levels_up = 3 -%}

-- A region is compared with the benchmark of its nearest ancestor that has one, of the last full year before.
with ancestors_0 as (

    select
        region_code,
        region_code as ancestor_code,
        parent_region_code as next_code,
        0 as distance
    from {{ ref('regions') }}

),

{% for level in range(1, levels_up + 1) %}
    ancestors_{{ level }} as (

        select
            descendants.region_code,
            regions.region_code as ancestor_code,
            regions.parent_region_code as next_code,
            {{ level }} as distance
        from ancestors_{{ level - 1 }} as descendants
        inner join {{ ref('regions') }} as regions
            on descendants.next_code = regions.region_code

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

),

candidates as (

    select
        region_quarters.region_code,
        region_quarters.quarter,
        benchmarks.measure,
        benchmarks.benchmark_pct,
        benchmarks.benchmark_label,
        benchmarks.benchmark_year,
        row_number() over (
            partition by region_quarters.region_code, region_quarters.quarter, benchmarks.measure
            order by ancestors.distance asc, benchmarks.benchmark_year desc
        ) as choice
    from {{ ref('int_region_quarters') }} as region_quarters
    inner join ancestors
        on region_quarters.region_code = ancestors.region_code
    inner join {{ ref('benchmarks') }} as benchmarks
        on
            ancestors.ancestor_code = benchmarks.region_code
            and benchmarks.benchmark_year < cast(substring(region_quarters.quarter, 1, 4) as bigint)

),

chosen as (

    select
        region_code,
        quarter,
        measure,
        benchmark_pct,
        benchmark_label,
        benchmark_year
    from candidates
    where choice = 1

)

select * from chosen
