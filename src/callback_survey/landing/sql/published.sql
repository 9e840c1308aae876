-- One row per printed line of an annex, as printed. `reject_reason` says why it is rejected; the first reject_reason that holds.
-- Its percentages are in `printed` (printed.sql), a row per figure. A figure that was not printed is NULL, whatever stands in its place.
with lines as (
    select
        file,
        line,
        fault,
        cell(row_number) as row_number,
        cell(department_name) as department_name,
        figure(valid_frame_count) as valid_frame_count,
        figure(sample_count) as sample_count,
    from source
),

-- of each line, the first figure that is no percentage
unreadable as (
    select file, line, arg_min(head, place) as head, arg_min(printed, place) as printed,
    from printed
    where not regexp_full_match(folded(printed), '[0-9]{1,3}([.][0-9]+)?%?')
    group by file, line
),

judged as (
    select
        lines.*,
        unreadable.head,
        unreadable.printed,
        case
            when fault is not null then 'ragged_row'
            when department_name is null then 'missing_department'
            when not regexp_full_match(coalesce(replace(folded(valid_frame_count), ',', ''), '0'), '[0-9]{1,9}') then 'unreadable_count'
            when not regexp_full_match(coalesce(replace(folded(sample_count), ',', ''), '0'), '[0-9]{1,9}') then 'unreadable_count'
            when unreadable.head is not null then 'unreadable_percentage'
        end as reject_reason,
    from lines
    left join unreadable using (file, line)
)

select
    file,
    line,
    scrubbed(row_number) as row_number,
    scrubbed(department_name) as department_name,
    valid_frame_count,
    sample_count,
    reject_reason,
    case reject_reason
        when 'ragged_row' then fault
        when 'unreadable_count' then '有效样本框「' || coalesce(scrubbed(valid_frame_count), '') || '」或抽样数「' || coalesce(scrubbed(sample_count), '') || '」不是整数'
        when 'unreadable_percentage' then head || '「' || scrubbed(printed) || '」不是百分数；例：74.43'
    end as reject_detail,
    case when reject_reason <> 'ragged_row' then to_json(struct_pack(department_name := scrubbed(department_name)))::varchar end as row_text,
from judged
