-- One row per call attempt. `reject_reason` says why it is rejected; the first reject_reason that holds.
-- A mark for nothing (/, 拒答, 不清楚) has a code of its own and costs the row nothing; a mark for a blank is a blank.
with cells as (
    select
        file,
        line,
        fault,
        plain_code(case_id) as case_id,
        cell(department_name) as department_name,
        cell(called_at) as called_text,
        moment(called_at) as called_at,
        plain_code(attempt_no) as attempt_no,
        cell(disposition) as disposition,
        cell(satisfaction) as satisfaction,
        cell(visits) as visits,
        cell(agent_id) as agent_id,
        cell(reason) as call_reason,
        cell(comment) as comment,
    from source
),

-- each word once: a delivery says a handful of them a hundred thousand times
words as (
    select distinct 'disposition' as question, disposition as word from cells
    union
    select distinct 'satisfaction', satisfaction from cells
    union
    select distinct 'visits', visits from cells
),

-- a spelling is looked up as it is, then without what a form puts around it; then numbers from one upwards
spelled as (
    select
        words.question,
        words.word,
        coalesce(
            as_is.code,
            bare.code,
            (
                select code
                from or_more
                where or_more.question = words.question and whole_number(plain_code(bare_word(folded(words.word)))) >= minimum
            )
        ) as code,
    from words
    left join spellings as as_is on words.question = as_is.question and folded(words.word) = as_is.spelling
    left join spellings as bare
        on words.question = bare.question and bare_word(folded(plain_code(words.word))) = bare.spelling
),

coded as (
    select
        cells.*,
        dispositions.code as disposition_code,
        satisfactions.code as satisfaction_code,
        visits_made.code as visits_code,
    from cells
    left join spelled as dispositions on dispositions.question = 'disposition' and cells.disposition = dispositions.word
    left join spelled as satisfactions on satisfactions.question = 'satisfaction' and cells.satisfaction = satisfactions.word
    left join spelled as visits_made on visits_made.question = 'visits' and cells.visits = visits_made.word
),

judged as (
    select
        *,
        case
            when fault is not null then 'ragged_row'
            when case_id is null then 'missing_case_id'
            when is_short_form(case_id) then 'case_id_in_short_form'
            when is_personal_case(case_id) then 'case_id_is_personal'
            when called_text is null then 'missing_date'
            when called_at is null then 'unreadable_date'
            when disposition is null then 'missing_disposition'
            when disposition_code is null then 'unknown_disposition'
            when satisfaction is not null and satisfaction_code is null then 'unknown_satisfaction'
            when visits is not null and visits_code is null then 'unknown_visits'
            when attempt_no is not null and not regexp_full_match(folded(attempt_no), '[0-9]{1,4}') then 'unreadable_attempt_no'
        end as reject_reason,
    from coded
)

select
    file,
    line,
    case_id,
    token('case:' || $region_code || ':' || case_id) as case_token,
    scrubbed(department_name) as department_name,
    strftime(called_at, '%Y-%m-%d %H:%M:%S') as called_at,
    folded(attempt_no) as attempt_no,
    scrubbed(disposition) as disposition,
    disposition_code,
    scrubbed(satisfaction) as satisfaction,
    nullif(satisfaction_code, 'blank') as satisfaction_code,
    scrubbed(visits) as visits,
    nullif(visits_code, 'blank') as visits_code,
    scrubbed(agent_id) as agent_id,
    scrubbed(call_reason) as reason,
    scrubbed(comment) as comment,
    reject_reason,
    case reject_reason
        when 'ragged_row' then fault
        when 'case_id_in_short_form' then '办件编号「' || case_id || '」是科学计数法，后面的位数已丢失；请以文本格式重新导出'
        when 'case_id_is_personal' then '办件编号是手机号或身份证号的样子，不能保存'
        when 'unreadable_date' then '回访时间「' || date_shown(called_text) || '」不是日期；例：2018-04-10 09:30'
        when 'unknown_disposition' then '回访结果「' || scrubbed(disposition) || '」不在列表中；可用：' || $allowed_dispositions
        when 'unknown_satisfaction' then '满意度「' || scrubbed(satisfaction) || '」不在列表中；可用：' || $allowed_satisfaction
        when 'unknown_visits' then '跑动次数「' || scrubbed(visits) || '」不在列表中；可用：' || $allowed_visits
        when 'unreadable_attempt_no' then '第几次「' || scrubbed(attempt_no) || '」不是整数'
    end as reject_detail,
    case
        when reject_reason <> 'ragged_row' then to_json(struct_pack(
            -- the gate finds a rejected call's department by this; many case numbers look like long numbers
            case_id := case when is_personal_case(case_id) then scrubbed(case_id) else case_id end,
            department_name := scrubbed(department_name),
            called_at := scrubbed(called_text),
            disposition := scrubbed(disposition),
            satisfaction := scrubbed(satisfaction),
            visits := scrubbed(visits)
        ))::varchar
    end as row_text,
from judged
