-- Why: a name that means two departments in one quarter doubles every row it stands in, and a code with two names at
-- once has two rows of everything. The pipeline looks for both before it lands anything, and says what to do; this is
-- the second net, over all quarters of the register, also those without a delivery.
with periods as (

    select
        region_code,
        department_code,
        department_name,
        coalesce(valid_from, '0000Q1') as first_quarter,
        coalesce(valid_to, '9999Q4') as last_quarter
    from {{ ref('departments') }}

),

alias_periods as (

    -- an alias names its department only while that one is in the register
    select
        periods.region_code,
        periods.department_code,
        aliases.alias as known_name,
        greatest(periods.first_quarter, coalesce(aliases.valid_from, '0000Q1')) as first_quarter,
        least(periods.last_quarter, coalesce(aliases.valid_to, '9999Q4')) as last_quarter
    from {{ ref('department_aliases') }} as aliases
    inner join periods using (region_code, department_code)

),

names as (

    select
        region_code,
        department_code,
        {{ name_key('department_name') }} as department_name_key,
        first_quarter,
        last_quarter
    from periods
    union all
    select
        region_code,
        department_code,
        {{ name_key('known_name') }} as department_name_key,
        first_quarter,
        last_quarter
    from alias_periods
    where first_quarter <= last_quarter

),

ambiguous_names as (

    select
        names.region_code,
        names.department_name_key,
        names.department_code,
        other_names.department_code as other_department_code,
        greatest(names.first_quarter, other_names.first_quarter) as first_quarter
    from names
    inner join names as other_names
        on
            names.region_code = other_names.region_code
            and names.department_name_key = other_names.department_name_key
            and names.department_code < other_names.department_code
            and names.first_quarter <= other_names.last_quarter
            and names.last_quarter >= other_names.first_quarter

),

double_periods as (

    select
        periods.region_code,
        cast(null as string) as department_name_key,
        periods.department_code,
        other_periods.department_code as other_department_code,
        other_periods.first_quarter
    from periods
    inner join periods as other_periods
        on
            periods.department_code = other_periods.department_code
            -- each pair once; two equal rows share the key of the register, which has a test of its own
            and concat(periods.first_quarter, periods.department_name)
            < concat(other_periods.first_quarter, other_periods.department_name)
            and periods.last_quarter >= other_periods.first_quarter

),

faults as (

    select * from ambiguous_names
    union all
    select * from double_periods

)

select * from faults
