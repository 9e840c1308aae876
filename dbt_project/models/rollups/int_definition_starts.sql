-- Where the definition that a quarter follows began: the quarter after the last one known to follow another.
-- Of the region, not of a department: one may have been without a row in the quarter of the change.
with definition_starts as (

    select
        figures.made_from,
        figures.region_code,
        figures.measure,
        figures.quarter_index,
        max(earlier_figures.quarter_index) + 1 as start_index
    from {{ ref('int_region_figures') }} as figures
    inner join {{ ref('int_region_figures') }} as earlier_figures
        on
            figures.made_from = earlier_figures.made_from
            and figures.region_code = earlier_figures.region_code
            and figures.measure = earlier_figures.measure
            and figures.quarter_index > earlier_figures.quarter_index
            and figures.measure_definition is distinct from earlier_figures.measure_definition
    group by figures.made_from, figures.region_code, figures.measure, figures.quarter_index

)

select * from definition_starts
