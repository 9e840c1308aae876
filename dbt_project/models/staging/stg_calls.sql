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
    disposition_code,
    {{ answer_given('satisfaction_code') }} as satisfaction_code,
    {{ answer_given('visits_code') }} as visits_code,
    -- to be looked up, and not to be passed on: what a person said stays in the lake
    nullif({{ name_key('reason') }}, '') as reason_key,
    coalesce({{ answer_given('satisfaction_code') }}, {{ answer_given('visits_code') }}) is not null as is_answered,
    cast(called_at as timestamp) as called_at
from {{ source('raw', 'calls') }}
