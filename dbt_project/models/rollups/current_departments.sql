-- A department keeps its code when it is renamed. Under the name that it has now, its quarters are one line of a chart.
with newest as (

    select
        region_code,
        max(quarter) as newest_quarter
    from {{ ref('dim_departments') }}
    group by region_code

),

departments as (

    select
        registered.region_code,
        registered.department_code,
        arg_max(registered.department_name, registered.quarter) as last_name,
        min(registered.quarter) as first_quarter,
        max(registered.quarter) as last_quarter,
        max(registered.quarter) = newest.newest_quarter as is_current
    from {{ ref('dim_departments') }} as registered
    inner join newest using (region_code)
    group by registered.region_code, registered.department_code, newest.newest_quarter

),

-- all successions of a region that had happened by its newest quarter
successions as (

    select
        known.region_code,
        known.predecessor_code as department_code,
        count(distinct known.successor_code) as successor_count,
        min(known.successor_code) as only_successor_code
    from {{ ref('dim_department_successions') }} as known
    inner join newest on known.region_code = newest.region_code and known.quarter = newest.newest_quarter
    group by known.region_code, known.predecessor_code

),

named as (

    select
        departments.region_code,
        departments.department_code,
        -- an office that ended and one that has its name today are two lines
        case
            when
                not departments.is_current
                and count(*) over (partition by departments.region_code, departments.last_name) > 1
                then departments.last_name || '（至' || departments.last_quarter || '）'
            else departments.last_name
        end as department_current_name,
        departments.first_quarter,
        departments.last_quarter,
        departments.is_current,
        case when successions.successor_count = 1 then successions.only_successor_code end as successor_code,
        coalesce(successions.successor_count, 0) as successor_count
    from departments
    left join successions using (region_code, department_code)

)

select * from named
