{%- set grain = ['region_code', 'quarter', 'measure', 'department_code'] -%}

-- The department: how likely a result so low is for one that is like the others, by one quarter's answers.
with {{ predictive_tests(ref('int_tested_departments'), grain) }}

select * from predictive
