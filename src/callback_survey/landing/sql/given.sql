-- What each row of calls says, a row per word: the outcome of the call, and the answer to each question that has one, each with its
-- code; NULL for a word that nobody registered. Where a question has a column per answer (options), a mark says the word of its header.
with said as materialized (
    select file, line, name, cell(word) as word
    from (unpivot source on {said} into name name value word)
    where cell(word) is not null
),

-- each word once: a delivery says a handful of them a hundred thousand times
cells as (
    select distinct name, word from said
),

marked as (
    select
        cells.name,
        cells.word as cell,
        coalesce(options.question, cells.name) as question,
        options.header,
        -- the word itself may stand in the column of an answer
        options.header is null or coalesce(is_marked, folded(cells.word) = options.word) as is_said,
        case when options.header is not null and is_said then options.word else cells.word end as word,
    from cells
    left join options using (name)
    left join marks on folded(plain_code(cells.word)) = marks.spelling
    left join spellings
        on options.question = spellings.question and folded(cells.word) = spellings.spelling and spellings.code = 'blank'
    -- what is no mark beside an answer that nobody knows is the text of some other column
    where options.header is null or (spellings.code is null and (is_said or (marks.spelling is null and options.is_known)))
),

-- a spelling is looked up as it is, then without what a form puts around it; then numbers from one upwards
spelled as (
    select
        marked.*,
        case
            when is_said then coalesce(
                as_is.code,
                bare.code,
                (
                    select code
                    from or_more
                    where or_more.question = marked.question and whole_number(plain_code(bare_word(folded(marked.word)))) >= minimum
                )
            )
        end as code,
    from marked
    left join spellings as as_is on marked.question = as_is.question and folded(marked.word) = as_is.spelling
    left join spellings as bare
        on marked.question = bare.question and bare_word(folded(plain_code(marked.word))) = bare.spelling
),

-- numbers beside labels, as in 1-满意: where the register reads such a number as another answer, the table counts the other way round
labelled as (
    select question, word_number(folded(word)) as number, min(word) as label, min(code) as code,
    from spelled
    where word_number(folded(word)) is not null and code is not null
    group by question, number
),

read as (
    select
        spelled.*,
        case when spelled.code <> labelled.code then labelled.label end as label,
    from spelled
    left join labelled
        on spelled.question = labelled.question and bare_word(folded(plain_code(spelled.word))) = labelled.number
)

select
    said.file,
    said.line,
    read.question,
    read.word,
    case when read.label is null then read.code end as code,
    read.header,
    read.is_said,
    read.label,
from said
inner join read on said.name = read.name and said.word = read.cell
