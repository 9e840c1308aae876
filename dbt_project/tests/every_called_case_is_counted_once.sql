-- Why: the sample is counted by department, and a case without a known department has a row of its own. A join that
-- loses or doubles a case would change the sample without any other sign.
with listed as (

    select
        region_code,
        quarter,
        count(*) as case_count
    from {{ ref('int_called_cases') }}
    group by region_code, quarter

),

delivered as (

    select
        region_code,
        quarter,
        count(distinct case_id) as case_count
    from {{ ref('stg_calls') }}
    group by region_code, quarter

),

counted as (

    select
        region_code,
        quarter,
        sum(sample_count) as case_count
    from {{ ref('int_department_counts') }}
    group by region_code, quarter

)

select
    delivered.region_code,
    delivered.quarter,
    delivered.case_count as delivered_count,
    listed.case_count as listed_count,
    counted.case_count as counted_count
from delivered
left join listed using (region_code, quarter)
left join counted using (region_code, quarter)
where
    delivered.case_count is distinct from listed.case_count
    or delivered.case_count is distinct from counted.case_count
