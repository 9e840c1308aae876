{{ config(materialized='incremental', tags=['records']) }}

{%- set example_limit = 5 %}

-- Counted violations with a few example keys: what a gate needs to name the department and the cases.
with outside_cases as (

    select
        *,
        coalesce(exclusion_reason, 'not_in_frame') as reason,
        row_number() over (
            partition by region_code, quarter, department_code, department_name
            order by case_id
        ) as case_number
    from {{ ref('int_called_cases') }}
    where not is_in_valid_frame

),

reasons as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        reason,
        count(*) as case_count
    from outside_cases
    group by region_code, quarter, department_code, department_name, reason

),

reason_lists as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        cast(sum(case_count) as bigint) as case_count,
        {{ joined_text("concat(reason, ' (', cast(case_count as string), ')')", 'reason') }} as exclusion_reasons
    from reasons
    group by region_code, quarter, department_code, department_name

),

example_lists as (

    select
        region_code,
        quarter,
        department_code,
        department_name,
        {{ joined_text('case_id', 'case_number') }} as example_case_ids
    from outside_cases
    where case_number <= {{ example_limit }}
    group by region_code, quarter, department_code, department_name

),

departments as (

    -- the department or its name may be NULL, and such a row is the one that must not get lost
    select
        reason_lists.region_code,
        reason_lists.quarter,
        reason_lists.department_code,
        reason_lists.department_name,
        reason_lists.case_count,
        reason_lists.exclusion_reasons,
        example_lists.example_case_ids
    from reason_lists
    inner join example_lists
        on
            reason_lists.region_code = example_lists.region_code
            and reason_lists.quarter = example_lists.quarter
            and reason_lists.department_code is not distinct from example_lists.department_code
            and reason_lists.department_name is not distinct from example_lists.department_name

)

select * from departments
