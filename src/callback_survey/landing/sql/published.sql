-- One row per printed line of an annex, as printed. `reject_reason` says why it is rejected; the first reject_reason that holds.
-- A figure that was not printed is NULL, whatever stands in its place: —, /, blank.
with printed as (
    select
        file,
        line,
        fault,
        cell(row_number) as row_number,
        cell(department_name) as department_name,
        figure(valid_frame_count) as valid_frame_count,
        figure(sample_count) as sample_count,
        figure(satisfied_pct) as satisfied_pct,
        figure(fairly_satisfied_pct) as fairly_satisfied_pct,
        figure(basically_satisfied_pct) as basically_satisfied_pct,
        figure(rather_dissatisfied_pct) as rather_dissatisfied_pct,
        figure(dissatisfied_pct) as dissatisfied_pct,
        figure(within_one_visit_pct) as within_one_visit_pct,
        figure(two_or_more_visits_pct) as two_or_more_visits_pct,
    from source
),

judged as (
    select
        *,
        case
            when fault is not null then 'ragged_row'
            when department_name is null then 'missing_department'
            when not regexp_full_match(coalesce(replace(folded(valid_frame_count), ',', ''), '0'), '[0-9]{1,9}') then 'unreadable_count'
            when not regexp_full_match(coalesce(replace(folded(sample_count), ',', ''), '0'), '[0-9]{1,9}') then 'unreadable_count'
            when exists(
                select 1
                from unnest([
                    satisfied_pct, fairly_satisfied_pct, basically_satisfied_pct, rather_dissatisfied_pct, dissatisfied_pct,
                    within_one_visit_pct, two_or_more_visits_pct
                ]) as shares (pct)
                where not regexp_full_match(coalesce(folded(pct), '0'), '[0-9]{1,3}([.][0-9]+)?%?')
            ) then 'unreadable_percentage'
        end as reject_reason,
    from printed
)

select
    file,
    line,
    scrubbed(row_number) as row_number,
    scrubbed(department_name) as department_name,
    valid_frame_count,
    sample_count,
    satisfied_pct,
    fairly_satisfied_pct,
    basically_satisfied_pct,
    rather_dissatisfied_pct,
    dissatisfied_pct,
    within_one_visit_pct,
    two_or_more_visits_pct,
    reject_reason,
    case reject_reason
        when 'ragged_row' then fault
        when 'unreadable_count' then '有效样本框「' || coalesce(scrubbed(valid_frame_count), '') || '」或抽样数「' || coalesce(scrubbed(sample_count), '') || '」不是整数'
        when 'unreadable_percentage' then '有一项比率不是百分数；例：74.43'
    end as reject_detail,
    case when reject_reason <> 'ragged_row' then to_json(struct_pack(department_name := scrubbed(department_name)))::varchar end as row_text,
from judged
