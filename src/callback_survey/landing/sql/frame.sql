-- One row per record of a frame file. `reject_reason` says why it is rejected; the first reject_reason that holds.
with cells as (
    select
        file,
        line,
        fault,
        plain_code(case_id) as case_id,
        cell(department_name) as department_name,
        cell(completed_on) as completed_text,
        moment(completed_on)::date as completed_on,
        first_phone(cell(phone)) as phone,
        cell(service_item) as service_item,
    from source
),

judged as (
    select
        *,
        case
            when fault is not null then 'ragged_row'
            when case_id is null then 'missing_case_id'
            when is_short_form(case_id) then 'case_id_in_short_form'
            when is_personal_case(case_id) then 'case_id_is_personal'
            when department_name is null then 'missing_department'
            when completed_text is null then 'missing_date'
            when completed_on is null then 'unreadable_date'
        end as reject_reason,
    from cells
)

select
    file,
    line,
    case_id,
    token('case:' || $region_code || ':' || case_id) as case_token,
    scrubbed(department_name) as department_name,
    strftime(completed_on, '%Y-%m-%d') as completed_on,
    case when is_valid_phone(phone) then token(phone) end as phone_token,
    coalesce(is_valid_phone(phone), false) as is_phone_valid,
    scrubbed(service_item) as service_item,
    reject_reason,
    case reject_reason
        when 'ragged_row' then fault
        when 'case_id_in_short_form' then '办件编号「' || case_id || '」是科学计数法，后面的位数已丢失；请以文本格式重新导出'
        when 'case_id_is_personal' then '办件编号是手机号或身份证号的样子，不能保存'
        when 'unreadable_date' then '办结日期「' || date_shown(completed_text) || '」不是日期；例：2018-03-01'
    end as reject_detail,
    case
        when reject_reason <> 'ragged_row' then to_json(struct_pack(
            case_id := case when is_personal_case(case_id) then scrubbed(case_id) else case_id end,
            department_name := scrubbed(department_name),
            completed_on := scrubbed(completed_text),
            service_item := scrubbed(service_item)
        ))::varchar
    end as row_text,
from judged
