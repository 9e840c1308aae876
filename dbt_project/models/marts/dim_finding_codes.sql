{{ config(alias='finding_codes') }}

select
    finding_code,
    finding_order,
    severity,
    title,
    title_en,
    meaning
from {{ ref('finding_codes') }}
