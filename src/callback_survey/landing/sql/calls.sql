-- One row per call attempt. `reject_reason` says why it is rejected; the first reject_reason that holds.
-- What it says is in `given` (given.sql), a row per word: the outcome of the call, and the answers of `answers.sql`.
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
        cell(agent_id) as agent_id,
        cell(reason) as call_reason,
        cell(comment) as comment,
    from source
),

outcomes as (
    select file, line, word as disposition, code as disposition_code,
    from given
    where question = 'disposition'
),

-- of each row, the first question whose answer is no word of its scale, or a number that its table reads the other way round
unknown as (
    select
        given.file,
        given.line,
        arg_min(questions.question, question_order) as question,
        arg_min(label is not null, question_order) as is_turned,
    from given
    inner join questions using (question)
    where given.code is null
    group by given.file, given.line
),

-- of each row, the first question with marks in the columns of two answers, and these
several as (
    select file, line, arg_min(headers, question_order) as headers,
    from (
        select file, line, question, string_agg('「' || header || '」', '、' order by header) as headers,
        from given
        where header is not null and is_said
        group by file, line, question
        having count(*) > 1
    )
    inner join questions using (question)
    group by file, line
),

judged as materialized (
    select
        cells.*,
        outcomes.disposition,
        outcomes.disposition_code,
        unknown.question as unknown_question,
        several.headers as several_headers,
        case
            when fault is not null then 'ragged_row'
            when case_id is null then 'missing_case_id'
            when is_short_form(case_id) then 'case_id_in_short_form'
            when is_personal_case(case_id) then 'case_id_is_personal'
            when called_text is null then 'missing_date'
            when called_at is null then 'unreadable_date'
            when disposition is null then 'missing_disposition'
            when disposition_code is null then 'unknown_disposition'
            when several.headers is not null then 'several_answers'
            when is_turned then 'contradicted_code'
            when unknown.question is not null then 'unknown_answer'
            when attempt_no is not null and not regexp_full_match(folded(attempt_no), '[0-9]{1,4}') then 'unreadable_attempt_no'
        end as reject_reason,
    from cells
    left join outcomes using (file, line)
    left join unknown using (file, line)
    left join several using (file, line)
),

-- what is shown of a rejected row: its words, and the one that nobody registered
shown as (
    select
        judged.file,
        judged.line,
        map(list(question_name order by question_order), list(words order by question_order)) as answers,
        any_value(unknown) filter (question = unknown_question) as unknown,
    from judged
    inner join (
        select
            file,
            line,
            question,
            string_agg(scrubbed(word), '、' order by header) as words,
            any_value(struct_pack(
                -- what is no mark stands under the header of its answer
                question := case when is_said then question_name else header end,
                is_mark := not is_said,
                word := scrubbed(word),
                allowed := case when is_said then allowed else (select string_agg(written, '、' order by rowid) from marks) end,
                label := scrubbed(label)
            )) filter (code is null) as unknown,
        from given
        inner join questions using (question)
        group by file, line, question
    ) using (file, line)
    inner join questions using (question)
    where reject_reason is not null
    group by judged.file, judged.line
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
        when 'several_answers' then several_headers || ' 都有标记；一个问题只能标记一项'
        when 'contradicted_code' then
            unknown.question || '「' || unknown.word || '」是编号，而本表另有「' || unknown.label || '」，与登记的编号含义不一致；请写文字'
        when 'unknown_answer' then unknown.question || '「' || unknown.word || '」不在列表中；可用：' || unknown.allowed
        when 'unreadable_attempt_no' then '第几次「' || scrubbed(attempt_no) || '」不是整数'
    end as reject_detail,
    case
        when reject_reason <> 'ragged_row' then to_json(struct_pack(
            -- the gate finds a rejected call's department by this; many case numbers look like long numbers
            case_id := case when is_personal_case(case_id) then scrubbed(case_id) else case_id end,
            department_name := scrubbed(department_name),
            called_at := scrubbed(called_text),
            disposition := scrubbed(disposition),
            answers := answers,
            unknown := case when reject_reason = 'unknown_answer' then unknown end
        ))::varchar
    end as row_text,
from judged
left join shown using (file, line)
