{{ config(tags=['records']) }}

-- What says why there is no answer is none.
select
    region_code,
    quarter,
    file,
    line,
    question,
    answer_code
from {{ source('raw', 'answers') }}
where {{ answer_given('answer_code') }} is not null
