-- What each line of an annex prints, a row per figure that the table has a column of; NULL where none is printed: —, /, blank.
select file, line, figure, measure, head, place, figure(cell) as printed
from (unpivot source on {figures} into name figure value cell)
inner join figure_columns using (figure)
