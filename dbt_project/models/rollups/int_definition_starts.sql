-- Where the definition that a quarter follows began: the quarter after the last one known to follow another.
-- Of the region, not of a department: one may have been without a row in the quarter of the change.
select
    figures.made_from,
    figures.region_code,
    figures.measure,
    figures.quarter_index,
    max(earlier_figures.quarter_index) + 1 as start_index
from {{ ref('int_region_figures') }} as figures
inner join {{ ref('int_region_figures') }} as earlier_figures using (made_from, region_code, measure)
where
    earlier_figures.quarter_index < figures.quarter_index
    and earlier_figures.measure_definition is distinct from figures.measure_definition
group by figures.made_from, figures.region_code, figures.measure, figures.quarter_index
