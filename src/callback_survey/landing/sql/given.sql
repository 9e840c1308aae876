-- What each row of calls says, a row per word: the outcome of the call, and the answer to each question that has one, each with its
-- code; NULL for a word that nobody registered.
with said as materialized (
    select file, line, question, cell(word) as word
    from (unpivot source on {said} into name question value word)
    where cell(word) is not null
),

-- each word once: a delivery says a handful of them a hundred thousand times
words as (
    select distinct question, word from said
),

-- a spelling is looked up as it is, then without what a form puts around it; then numbers from one upwards
spelled as (
    select
        words.question,
        words.word,
        coalesce(
            as_is.code,
            bare.code,
            (
                select code
                from or_more
                where or_more.question = words.question and whole_number(plain_code(bare_word(folded(words.word)))) >= minimum
            )
        ) as code,
    from words
    left join spellings as as_is on words.question = as_is.question and folded(words.word) = as_is.spelling
    left join spellings as bare
        on words.question = bare.question and bare_word(folded(plain_code(words.word))) = bare.spelling
)

select said.file, said.line, said.question, said.word, spelled.code,
from said
inner join spelled using (question, word)
