{{ config(alias='department_successions') }}

-- As of each quarter: a succession that is still to come is not in an earlier quarter's release.
with successions as (

    select
        region_quarters.region_code,
        region_quarters.quarter,
        register.predecessor_code,
        register.successor_code,
        register.valid_from,
        register.succession_type
    from {{ ref('int_region_quarters') }} as region_quarters
    inner join {{ ref('department_successions') }} as register using (region_code)
    where region_quarters.quarter >= register.valid_from

),

names as (

    select
        department_code,
        department_name,
        row_number() over (
            partition by department_code
            order by valid_from is null desc, valid_from asc
        ) as period_number,
        row_number() over (
            partition by department_code
            order by valid_from is null asc, valid_from desc
        ) as period_number_from_last
    from {{ ref('departments') }}

),

named as (

    select
        successions.region_code,
        successions.quarter,
        successions.predecessor_code,
        predecessors.department_name as predecessor_name,
        successions.successor_code,
        successors.department_name as successor_name,
        successions.valid_from,
        successions.succession_type
    from successions
    -- the last name of the one that ended, the first name of the one that began: one row each
    inner join names as predecessors
        on
            successions.predecessor_code = predecessors.department_code
            and predecessors.period_number_from_last = 1
    inner join names as successors
        on
            successions.successor_code = successors.department_code
            and successors.period_number = 1

)

select * from named
