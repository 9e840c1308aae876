-- What each accepted line of an annex prints, a row per figure; of an annex's own columns also where it printed none.
select file, line, measure, figure, printed
from printed
inner join published using (file, line)
where reject_reason is null
