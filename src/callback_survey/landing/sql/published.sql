-- One row per printed line of an annex, as printed. `reject_reason` says why it is rejected; the first reject_reason that holds.
with judged as (
    select
        *,
        case
            when fault is not null then 'ragged_row'
            when cell(department_name) is null then 'missing_department'
            when not regexp_full_match(coalesce(replace(folded(valid_frame_count), ',', ''), '0'), '[0-9]{1,9}') then 'unreadable_count'
            when not regexp_full_match(coalesce(replace(folded(sample_count), ',', ''), '0'), '[0-9]{1,9}') then 'unreadable_count'
            when exists(
                select 1
                from unnest([
                    satisfied_pct, fairly_satisfied_pct, basically_satisfied_pct, rather_dissatisfied_pct, dissatisfied_pct,
                    within_one_visit_pct, two_or_more_visits_pct
                ]) as printed (pct)
                where not regexp_full_match(coalesce(folded(pct), '0'), '[0-9]{1,3}([.][0-9]+)?%?')
            ) then 'unreadable_percentage'
        end as reject_reason,
    from source
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
    case when reject_reason = 'ragged_row' then fault end as reject_detail,
    case when reject_reason <> 'ragged_row' then to_json(struct_pack(department_name := scrubbed(department_name)))::varchar end as row_text,
from judged
