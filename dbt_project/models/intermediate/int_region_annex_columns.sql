-- The percentages an annex prints in a region and quarter. Those of another scale's annex are not among them: where
-- 满意 is the second level of five, the column 满意率 of the older annex would be read as the best.
select
    answers.region_code,
    answers.quarter,
    answers.measure,
    annex_figures.figure,
    -- a column is a success when every answer it adds up is one
    min(case when answers.is_success then 1 else 0 end) = 1 as is_success,
    count(*) as answer_count,
    min(answers.answer_code) as first_answer_code
from {{ ref('int_measure_answers') }} as answers
inner join {{ ref('annex_figures') }} as annex_figures using (measure, answer_code)
group by answers.region_code, answers.quarter, answers.measure, annex_figures.figure
