{{ config(tags=['records']) }}

with answered as (

    select distinct
        region_code,
        quarter,
        file,
        line
    from {{ ref('stg_answers') }}

),

calls as (

    select
        region_code,
        quarter,
        file,
        line,
        case_id,
        case_token,
        department_name,
        {{ name_key('department_name') }} as department_name_key,
        -- only breaks ties between attempts of the same second: not sent counts as before the first
        coalesce(try_cast(attempt_no as bigint), 0) as attempt_no,
        -- to tell interviewers apart, and not to be passed on; what landing scrubbed for looking like a phone is one
        -- word for all
        case when agent_id not like '%[号码]%' then nullif({{ name_key('agent_id') }}, '') end as interviewer_key,
        disposition_code,
        -- to be looked up, and not to be passed on: what a person said stays in the lake
        nullif({{ name_key('reason') }}, '') as reason_key,
        cast(called_at as timestamp) as called_at
    from {{ source('raw', 'calls') }}

),

marked as (

    select
        calls.*,
        answered.line is not null as is_answered
    from calls
    left join answered using (region_code, quarter, file, line)

)

select * from marked
