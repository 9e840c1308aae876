-- The last four calendar quarters of a region, back to where the definition changed.
with quarters as (

    select
        *,
        department_mean_pct is not null as is_rated
    from {{ ref('int_region_figures') }}

),

windows as (

    select
        quarters.*,
        quarters.quarter_index - 3 as year_index,
        greatest(year_index, coalesce(definition_starts.start_index, year_index)) as first_index
    from quarters
    left join {{ ref('int_definition_starts') }} as definition_starts
        using (made_from, region_code, measure, quarter_index)

),

rolled as (

    select
        windows.region_code,
        windows.made_from,
        windows.quarter,
        windows.measure,
        windows.measure_definition,
        count(*) filter (where past.is_rated) as quarter_count,
        -- districts that are missing in one of the quarters leave a gap in the year
        quarter_count = 4 and bool_and(past.is_covered) as is_complete,
        min(past.quarter) filter (where past.is_rated) as first_quarter,
        case when windows.first_index > windows.year_index then 'definition_changed' end as shortened_by,
        case
            when count(past.answered_count) filter (where past.is_rated) = quarter_count
                then cast(coalesce(sum(past.answered_count), 0) as bigint)
        end as answered_count,
        case
            when count(past.success_count) filter (where past.is_rated) = quarter_count
                then cast(coalesce(sum(past.success_count), 0) as bigint)
        end as success_count,
        {% for mean in ['department_mean', 'region_mean'] %}
            sum(past.{{ mean }}_rate order by past.quarter_index)
            / nullif(count(past.{{ mean }}_rate), 0) as {{ mean }}_rate,
            {{ average_pct(
                'sum(' ~ hundredths('past.' ~ mean ~ '_pct') ~ ')',
                'count(past.' ~ mean ~ '_pct)'
            ) }} as {{ mean }}_pct,
        {% endfor %}
        sum(past.weighted_sum order by past.quarter_index)
        / nullif(sum(past.rated_frame_count), 0) as frame_weighted_rate,
        {{ average_pct('sum(past.weighted_hundredths)', 'sum(past.rated_frame_count)') }} as frame_weighted_pct
    from windows
    inner join quarters as past using (made_from, region_code, measure)
    where past.quarter_index between windows.first_index and windows.quarter_index
    group by all

),

named as (

    select
        rolled.region_code,
        regions.region_name,
        regions.region_level,
        rolled.made_from,
        rolled.quarter,
        rolled.measure,
        rolled.measure_definition,
        rolled.quarter_count,
        rolled.is_complete,
        rolled.first_quarter,
        rolled.shortened_by,
        rolled.answered_count,
        rolled.success_count,
        {{ rate('rolled.success_count', 'rolled.answered_count') }} as pooled_rate,
        {{ pct('rolled.success_count', 'rolled.answered_count') }} as pooled_pct,
        rolled.department_mean_rate,
        rolled.department_mean_pct,
        rolled.region_mean_rate,
        rolled.region_mean_pct,
        rolled.frame_weighted_rate,
        rolled.frame_weighted_pct
    from rolled
    inner join {{ ref('dim_regions') }} as regions using (region_code)

)

select * from named
