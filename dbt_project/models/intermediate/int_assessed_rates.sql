-- The rates a rule turns into points: a department has a row for every measure of its region's rule, rated or not.
with weights as (

    select
        *,
        cast(sum(weight) over (partition by rule_code) as bigint) as weight_total
    from {{ ref('assessment_weights') }}

),

assessed as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.department_name,
        weights.measure,
        weights.rule_code,
        rules.is_assumption,
        rules.module_pct,
        rules.item_points,
        weights.weight,
        weights.weight_total,
        rates.rate_pct
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('assessment_rules') }} as rules using (region_code)
    inner join weights using (rule_code)
    left join {{ ref('int_department_measures') }} as rates using (region_code, quarter, measure, department_code)
    where {{ is_valid_in('rules', 'departments.quarter') }}

)

select * from assessed
