{{ config(materialized='incremental', tags=['records']) }}

-- Cases with an answer from a call that, by its disposition, was no interview: a refusal cannot be satisfied.
with contradictions as (

    select
        cases.region_code,
        cases.quarter,
        cases.department_code,
        cases.case_id,
        dispositions.disposition_label
    from {{ ref('stg_calls') }} as calls
    inner join {{ ref('int_called_cases') }} as cases using (region_code, quarter, case_id)
    inner join {{ ref('dispositions') }} as dispositions on calls.disposition_code = dispositions.disposition_code
    where calls.is_answered and dispositions.aapor_class not in ('I', 'P')

),

labels as (

    select
        region_code,
        quarter,
        department_code,
        disposition_label,
        count(distinct case_id) as case_count
    from contradictions
    group by region_code, quarter, department_code, disposition_label

),

label_lists as (

    select
        region_code,
        quarter,
        department_code,
        {{ joined_text("concat(disposition_label, ' (', cast(case_count as string), ')')", 'disposition_label') }}
            as disposition_labels
    from labels
    group by region_code, quarter, department_code

),

departments as (

    select
        region_code,
        quarter,
        department_code,
        count(distinct case_id) as case_count
    from contradictions
    group by region_code, quarter, department_code

),

contradicted as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.case_count,
        label_lists.disposition_labels
    from departments
    inner join label_lists
        on
            departments.region_code = label_lists.region_code
            and departments.quarter = label_lists.quarter
            and departments.department_code is not distinct from label_lists.department_code

)

select * from contradicted
