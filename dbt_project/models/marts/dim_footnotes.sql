{{ config(alias='footnotes') }}

select
    footnote_code,
    footnote_label,
    footnote_label_en,
    footnote_order
from {{ ref('footnotes') }}
