-- Names that only agree after folding: one row per department and kind.
with keys_by_dataset as (

    select
        region_code,
        quarter,
        department_code,
        department_name_key,
        dataset,
        cast(sum(row_count) as bigint) as row_count
    from {{ ref('int_name_spellings') }}
    group by region_code, quarter, department_code, department_name_key, dataset

),

keys as (

    select
        region_code,
        quarter,
        department_code,
        department_name_key,
        {{ joined_text("concat(dataset, ' ', cast(row_count as string))", 'dataset') }} as datasets
    from keys_by_dataset
    group by region_code, quarter, department_code, department_name_key

),

two_names as (

    select
        region_code,
        quarter,
        'department_two_names' as finding_code,
        department_code,
        count(*) as name_count,
        {{ joined_text('department_name_key', 'department_name_key') }} as name_list,
        {{ joined_text("concat(department_name_key, ' (', datasets, ')')", 'department_name_key') }} as evidence
    from keys
    group by region_code, quarter, department_code
    having count(*) > 1

),

printed_names as (

    -- what the annexes print, with a line break made visible
    select
        *,
        replace(replace(department_name, chr(13), ''), chr(10), '⏎') as visible_name,
        length(department_name) > length(department_name_key) as has_spaces
    from {{ ref('int_name_spellings') }}
    where dataset like 'annex_%'

),

spaced_names as (

    select
        region_code,
        quarter,
        'printed_name_with_spaces' as finding_code,
        department_code,
        count(*) as name_count,
        {{ joined_text("concat('「', visible_name, '」')", 'concat(dataset, visible_name)') }} as name_list,
        {{ joined_text("concat(dataset, ' 「', visible_name, '」')", 'concat(dataset, visible_name)') }} as evidence
    from printed_names
    where has_spaces
    group by region_code, quarter, department_code

),

written_names as (

    select
        region_code,
        quarter,
        department_code,
        dataset,
        visible_name
    from printed_names
    union all
    select
        departments.region_code,
        departments.quarter,
        departments.department_code,
        'register' as dataset,
        departments.department_name as visible_name
    from {{ ref('int_departments') }} as departments

),

mixed_parentheses as (

    select
        region_code,
        quarter,
        'mixed_parentheses' as finding_code,
        department_code,
        count(*) as name_count,
        {{ joined_text("concat('「', visible_name, '」')", 'concat(dataset, visible_name)') }} as name_list,
        {{ joined_text("concat(dataset, ' 「', visible_name, '」')", 'concat(dataset, visible_name)') }} as evidence
    from written_names
    group by region_code, quarter, department_code
    having
        max(case when visible_name like '%（%' or visible_name like '%）%' then 1 else 0 end) = 1
        and max(case when visible_name like '%(%' or visible_name like '%)%' then 1 else 0 end) = 1

),

listed as (

    select * from two_names
    union all
    select * from spaced_names
    union all
    select * from mixed_parentheses

),

name_findings as (

    select
        region_code,
        quarter,
        finding_code,
        department_code,
        case finding_code
            when 'department_two_names'
                then concat('同一部门有', cast(name_count as string), '个名称：', replace(name_list, ', ', '、'))
            when 'printed_name_with_spaces'
                then concat('附件中的部门名称夹有空格或换行：', replace(name_list, ', ', '、'))
            when 'mixed_parentheses'
                then concat('部门名称的括号全角、半角混用：', replace(name_list, ', ', '、'))
        end as message,
        case finding_code
            when 'department_two_names'
                then concat('The department goes by ', cast(name_count as string), ' names: ', name_list)
            when 'printed_name_with_spaces'
                then concat('A printed name carries spaces or line breaks: ', name_list)
            when 'mixed_parentheses'
                then concat('Full-width and half-width parentheses are mixed: ', name_list)
        end as message_en,
        evidence
    from listed

)

select * from name_findings
