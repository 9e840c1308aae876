"""Where a delivery is taken apart: a DuckDB in memory, with a scratch folder beside the lake, gone afterwards, for what that does
not hold, and with the rules of landing in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import duckdb

from callback_survey.landing.case_numbers import personal_cases_sql
from callback_survey.landing.vocabulary import Vocabulary
from callback_survey.object_storage import Place
from callback_survey.privacy import (
    TokenKey,
    is_valid_phone_sql,
    normalised_phone_sql,
    scrub_sql,
    token_sql,
)
from callback_survey.storage import duck
from callback_survey.storage.lakes import home_of
from callback_survey.storage.scratch import leftovers, scratch_folder, sweep

# Adding a way to read files changes what the same bytes mean: add one.
_READERS = 4
# The same for what is no plain text: workbooks, documents and the like.
PACKAGE_READERS = 1
_SCRATCH = "landing"


def rules_fingerprint(vocabulary: Vocabulary) -> str:
    """Changes when an accepted header, a cell rule or a spelling of the delivery's own scales does: the same bytes then mean
    something else. A scale that another region goes over to leaves this one's deliveries as they are."""
    personal = personal_cases_sql("source", case_id="case_id", year="year")
    digest = hashlib.sha256(f"{_READERS} {_macros()} {personal}".encode())
    package = resources.files("callback_survey")
    for part in sorted(package.joinpath("landing/sql").iterdir(), key=lambda part: part.name):
        digest.update(part.read_bytes())
    digest.update(package.joinpath("deliveries/headers.toml").read_bytes())
    digest.update(repr(vocabulary).encode())
    return digest.hexdigest()[:16]


@contextmanager
def workbench(
    lake: Place, delivery_id: str, memory_limit: str, threads: int | None = None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A database in memory and a scratch folder: what is beyond the limit is spilled there. A file would be written for nothing."""
    with (
        scratch_folder(home_of(lake), _SCRATCH, delivery_id) as folder,
        duck.connect(
            Path(":memory:"), memory_limit=memory_limit, spill=folder / "spill", threads=threads
        ) as connection,
    ):
        yield connection, folder


def sweep_scratch(lake: Place) -> None:
    """Remove what killed landings left: unpacked files and spilled rows, with phones and names as they were delivered."""
    sweep(home_of(lake), _SCRATCH)


def left_scratch(lake: Place) -> list[Path]:
    """The scratch folders of killed landings. Nothing is removed."""
    return leftovers(home_of(lake), _SCRATCH)


def _macros() -> str:
    """The cell rules as SQL, with those of `privacy` filled in. The key is not in it: the macros look it up."""
    token = token_sql("t")
    for name in ("inner_pad", "outer_pad", "key_id"):
        token = token.replace(f"${name}", f"(select {name} from token_key)")
    definitions = {
        "token": token,
        "normalised_phone": normalised_phone_sql("t"),
        "is_valid_phone": is_valid_phone_sql("t"),
        "scrubbed": scrub_sql("t"),
    }
    macros = sql("macros")
    for name, definition in definitions.items():
        macros = macros.replace(f"{{{name}}}", definition)
    return macros


def define_rules(connection: duckdb.DuckDBPyConnection, vocabulary: Vocabulary, key: TokenKey) -> None:
    """Macros, the padded key, and the questions, accepted spellings and figures of annexes as tables."""
    connection.execute(
        "create temp table token_key as select $1::blob as inner_pad, $2::blob as outer_pad, $3 as key_id",
        [key.inner_pad, key.outer_pad, key.key_id],
    )
    connection.execute("create temp table personal_cases (case_id varchar)")
    connection.execute(_macros())
    spellings = [(word.question, word.folded, word.code, word.is_or_more) for word in vocabulary.spellings]
    questions, words, codes, or_more = (list(column) for column in zip(*spellings, strict=True))
    # whole columns at once: DuckDB takes a row at a time in milliseconds each
    connection.execute(
        "create temp table spellings as "
        "select unnest($1) as question, unnest($2) as spelling, unnest($3) as code, unnest($4) as is_or_more",
        [questions, words, codes, or_more],
    )
    marks, says = (list(column) for column in zip(*vocabulary.marks, strict=True))
    connection.execute(
        "create temp table marks as select *, folded(written) as spelling "
        "from (select unnest($1) as written, unnest($2) as is_marked)",
        [marks, says],
    )
    asked = [
        (one.question, one.name, order, vocabulary.allowed(one.question))
        for order, one in enumerate(vocabulary.questions)
    ]
    columns = [list(column) for column in zip(*asked, strict=True)]
    connection.execute(
        "create temp table questions as select unnest($1) as question, unnest($2) as question_name, "
        "unnest($3) as question_order, unnest($4) as allowed",
        columns,
    )
    figures = [[one.figure for one in vocabulary.figures], [one.measure for one in vocabulary.figures]]
    connection.execute(
        "create temp table annex_figures as select unnest($1::text[]) as figure, unnest($2::text[]) as measure", figures
    )
    connection.execute(
        "create temp table or_more as select question, spelling::integer as minimum, code from spellings where is_or_more"
    )


def sql(name: str) -> str:
    return resources.files("callback_survey").joinpath(f"landing/sql/{name}.sql").read_text(encoding="utf-8")
