-- A region is compared with the benchmark of its nearest ancestor that has one, of the last full year before.
with candidates as (

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
    inner join {{ ref('int_region_ancestors') }} as ancestors using (region_code)
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
