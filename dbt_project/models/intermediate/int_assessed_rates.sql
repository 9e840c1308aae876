-- The rates a rule turns into points: a department has a row for every measure of its region's rule, rated or not.
with weights as (

    select
        rule_code,
        measure,
        weight,
        sum(weight) over (partition by rule_code) as weight_total
    from {{ ref('assessment_weights') }}

),

assessed as (

    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        departments.department_name,
        weights.measure,
        rules.rule_code,
        rules.is_assumption,
        rules.module_pct,
        rules.item_points,
        weights.weight,
        cast(weights.weight_total as bigint) as weight_total,
        rates.rate_pct
    from {{ ref('int_departments') }} as departments
    inner join {{ ref('assessment_rules') }} as rules
        on
            departments.region_code = rules.region_code
            and {{ is_valid_in('rules', 'departments.quarter') }}
    inner join weights
        on rules.rule_code = weights.rule_code
    left join {{ ref('int_department_measures') }} as rates
        on
            departments.region_code = rates.region_code
            and departments.quarter = rates.quarter
            and departments.department_code = rates.department_code
            and weights.measure = rates.measure

)

select * from assessed
