-- Departments whose series starts anew in a quarter, because they took over from others: their rate is not compared.
select
    region_quarters.region_code,
    region_quarters.quarter,
    successions.successor_code as department_code,
    min(successions.succession_type) as break_reason
from {{ ref('int_region_quarters') }} as region_quarters
inner join {{ ref('department_successions') }} as successions
    on
        region_quarters.region_code = successions.region_code
        and region_quarters.quarter = successions.valid_from
-- a merged department has several predecessors
group by region_quarters.region_code, region_quarters.quarter, successions.successor_code
