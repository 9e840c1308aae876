-- What an accepted call answers, a row per question. A mark for a blank is kept as it was written, without a code.
select
    file,
    line,
    question,
    scrubbed(word) as answer,
    nullif(code, 'blank') as answer_code,
from given
inner join calls using (file, line)
where question <> 'disposition' and reject_reason is null
