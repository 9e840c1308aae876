"""Tables into judged rows: every record of a delivered file ends up in the scratch table of its dataset, with or without
a reason to reject it, and columns whose content belongs under another header are noticed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from callback_survey.deliveries import delivery as deliveries
from callback_survey.deliveries import headers
from callback_survey.deliveries.delivery import DeliveredFile, Delivery
from callback_survey.deliveries.formats import Opened, open_tables
from callback_survey.deliveries.headers import Dataset, HeaderNotRecognised
from callback_survey.deliveries.table import BATCH_ROWS, Table, Unreadable
from callback_survey.landing import annexes
from callback_survey.landing.case_numbers import personal_cases_sql, shapes_sql
from callback_survey.landing.ledger import FileRecord, PhoneColumn
from callback_survey.landing.tables import BESIDE
from callback_survey.landing.workbench import sql
from callback_survey.privacy import scrub
from callback_survey.storage import duck

# What the values of a column look like, where a rule can tell. A column is suspected when few of its own values fit and
# most of another column's do.
_KINDS: dict[str, dict[str, str]] = {
    "frame": {
        "completed_on": "moment({column}) is not null",
        "phone": "is_valid_phone(normalised_phone({column}))",
    },
    "calls": {"called_at": "moment({column}) is not null"},
}
# The same of a column of words: of a question, or of how a call ended
_WORDS = "folded({{column}}) in (select spelling from spellings where question = '{question}')"
_FEW, _MOST = 0.5, 0.8
# Plain numbers that also stand for answers: a part in which nobody was reached has no other answers beside them.
_TELLS_NOTHING = ("attempt_no", "agent_id")
# Columns are swapped in the whole file or not at all: its head tells.
_LOOKED_AT_ROWS = 500
_MOBILE = "1[3-9][0-9]{9}"
# A phone, and more digits behind what parts two numbers: no extension is that long
_SEVERAL = r"[0-9０-９]{4}[^0-9０-９]*[/／、,，;；|\s\p{Z}或和及]+[^0-9０-９]*[0-9０-９*+-]{7}"


def read_file(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    file: DeliveredFile,
    work: Path,
    known: Sequence[Dataset],
    parameters: Mapping[str, str],
) -> tuple[list[FileRecord], Opened]:
    """All tables of a file, judged row by row. Returns a record per table, and the file with what of it was not read.

    Raises DeliveryRefused where the file cannot be read or does not hold the records its manifest lists. What it has beyond
    them is not read, but for a batch, by which the error says how many there are.
    """
    name = file.path.name
    try:
        opened = open_tables(file.path, work, known=known)
        room = None if file.row_count is None else file.row_count + BATCH_ROWS
        records = [
            _read_table(connection, table, file, parameters, delivery.quarter[:4], room) for table in opened.tables
        ]
    except (Unreadable, HeaderNotRecognised) as error:
        registers = f"{headers.REGISTER}, question_headers.csv, annex_figures.csv and annex_headers.csv"
        expected = f"the headers of {registers}" if isinstance(error, HeaderNotRecognised) else None
        raise deliveries.refused(delivery, f"{name} cannot be read", [f"{name}: {error}"], expected=expected) from error
    except _Beyond as beyond:
        fault = f"{name}: at least {beyond.row_count} records, the manifest says {file.row_count}"
        raise deliveries.refused(
            delivery, "a file does not have as many records as its manifest says", [fault]
        ) from None
    read = sum(record.read_count for record in records)
    if file.row_count is not None and read != file.row_count:
        fault = f"{name}: {read} records, the manifest says {file.row_count}"
        raise deliveries.refused(delivery, "a file does not have as many records as its manifest says", [fault])
    return records, opened


def _said_of_phones(phones: PhoneColumn | None) -> list[str]:
    if phones is None or not phones.several_count:
        return []
    return [f"{phones.several_count} cells hold several phones, the first valid one counts"]


def _said_of_case_ids(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """How many accepted case numbers have the shape of a number of a person, because their column shows that they are none."""
    if table.dataset not in ("frame", "calls"):
        return []
    accepted = f"{table.dataset} where file = $1 and reject_reason is null"
    identities, mobiles = duck.one_row(connection, f"select {shapes_sql('case_id')} from {accepted}", [table.name])
    told = {
        f"{identities} case numbers have the shape of identity numbers, and their column shows that they are none": identities,
        f"{mobiles} case numbers have the shape of mobile numbers, and their column shows that they are none": mobiles,
    }
    return [note for note, count in told.items() if count]


def _read_table(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    file: DeliveredFile,
    parameters: Mapping[str, str],
    year: str,
    room: int | None,
) -> FileRecord:
    columns = [*table.known.column_names, *(option.name for option in table.match.options)]
    _stream(connection, table, columns, room)
    if "case_id" in columns:
        # looked up by the judgement of the rows; in nearly every delivery it is empty
        phone = "normalised_phone(cell(phone))" if "phone" in columns else "null"
        personal = personal_cases_sql("source", case_id="plain_code(case_id)", year=year, phone=phone)
        connection.execute(f"create or replace temp table personal_cases as select distinct case_id from ({personal})")
    if table.dataset == "calls":
        said = ", ".join(map(duck.name, _said_in(table)))
        _define_options(connection, table)
        connection.execute(f"create or replace temp table given as {sql('given').format(said=said)}")
    if table.dataset == "published":
        annexes.unfold(connection, table)
    _add(connection, table.dataset, parameters)
    if table.dataset in BESIDE:
        _add(connection, BESIDE[table.dataset], parameters)
    read, rejected = _counts(connection, table)
    if table.dataset == "published":
        annexes.verify_percents(connection)
    _verify_case_ids(connection, table)
    phones = _phones(connection) if table.dataset == "frame" else None
    return FileRecord(
        name=table.name,
        dataset=table.dataset,
        sha256=file.sha256,
        encoding=table.encoding,
        header_line=table.header_line,
        read_count=read,
        accepted_count=read - rejected,
        rejected_count=rejected,
        columns=tuple(table.match.positions),
        unknown_columns=tuple(scrub(header) for header in table.match.unknown),
        footer_lines=tuple(table.footer_lines),
        swapped=tuple(_swapped(connection, table)),
        notes=(*table.notes, *_said_of_phones(phones), *_said_of_case_ids(connection, table)),
        phones=phones,
        separator=table.separator,
        in_bulk_count=table.in_bulk_count,
    )


def _add(connection: duckdb.DuckDBPyConnection, relation: str, parameters: Mapping[str, str]) -> None:
    """What the query of this name finds in the table that was just read, to the rows of the tables before it."""
    query = sql(relation)
    used = {name: value for name, value in parameters.items() if f"${name}" in query}
    is_first = not duck.first_row(connection, "select 1 from duckdb_tables() where table_name = $1", [relation])
    connection.execute(f"{f'create table {relation} as' if is_first else f'insert into {relation}'} {query}", used)


def _said_in(table: Table) -> list[str]:
    """The columns of words and marks: how the call ended, and the answers to the questions."""
    fixed = headers.dataset("calls").column_names
    asked = [name for name in table.known.column_names if name not in fixed]
    return ["disposition", *asked, *(option.name for option in table.match.options)]


def _define_options(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The columns of single answers, for the query that reads the marks in them."""
    connection.execute(
        "create or replace temp table options (name varchar, question varchar, word varchar, header varchar, is_known boolean)"
    )
    for one in table.match.options:
        connection.execute(
            "insert into options values ($1, $2, $3, $4, $5)",
            [one.name, one.question, one.word, scrub(one.header), one.is_known],
        )


class _Beyond(Exception):
    """A table has more records than the whole file should, by more than a batch: whatever else it holds is not read."""

    def __init__(self, row_count: int) -> None:
        super().__init__()
        self.row_count = row_count


def _stream(connection: duckdb.DuckDBPyConnection, table: Table, columns: list[str], room: int | None) -> None:
    """The records of a table, batch by batch, as temp table `source` (file, line, fault, and the dataset's columns).

    `room` is how many records it may have at most, None where nobody said. Raises _Beyond.
    """
    row_count = 0
    connection.register("incoming", table.schema(columns).empty_table())
    connection.execute("create or replace temp table source as select ''::text as file, * from incoming")
    for batch in table.batches(columns):
        connection.register("incoming", batch)
        connection.execute("insert into source select $1 as file, * from incoming", [table.name])
        row_count += batch.num_rows
        if room is not None and row_count > room:
            raise _Beyond(row_count)
    connection.unregister("incoming")


def _counts(connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[int, int]:
    """Records read, and how many of them were judged unacceptable; counted apart, so that a lost row shows."""
    (read,) = duck.one_row(connection, "select count(*) from source")
    judged, rejected = duck.one_row(
        connection, f"select count(*), count(reject_reason) from {table.dataset} where file = $1", [table.name]
    )
    if read != judged:
        raise AssertionError(f"{table.name}: {read} records read, {judged} judged")
    return read, rejected


def _verify_case_ids(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Raises Unreadable where a spreadsheet has spoiled the case numbers: what it cut off is lost, and many become one."""
    if table.dataset not in ("frame", "calls"):
        return
    spoiled, line, example = duck.one_row(
        connection,
        f"select count(*), min(line), min_by(case_id, line) from {table.dataset} "
        "where file = $1 and reject_reason = 'case_id_in_short_form'",
        [table.name],
    )
    (total,) = duck.one_row(connection, f"select count(*) from {table.dataset} where file = $1", [table.name])
    if spoiled > total * _FEW:
        raise Unreadable(
            f"line {line}: case numbers are written in scientific notation, such as {example} ({spoiled} of {total} rows); "
            "export them as text, from where they were made"
        )


def _phones(connection: duckdb.DuckDBPyConnection) -> PhoneColumn:
    """What the phones of the frame that was just read are. Only cells that are no mobile number alone are looked at again."""
    filled, invalid, several, examples = duck.one_row(
        connection,
        """
        with others as materialized (
            select file, line, cell(phone) as phone
            from source
            where not regexp_full_match(phone, $2)
        ),

        judged as (
            select phone, is_phone_valid
            from others
            inner join frame using (file, line)
            where phone is not null and not regexp_full_match(phone, $2)
        )

        select
            (select count(*) from source where regexp_full_match(phone, $2)) + (select count(phone) from others),
            count(*) filter (not is_phone_valid),
            count(*) filter (is_phone_valid and regexp_matches(phone, $1)),
            list_sort(list(distinct hidden_phone(phone)) filter (not is_phone_valid))[:2],
        from judged
        """,
        [_SEVERAL, _MOBILE],
    )
    return PhoneColumn(filled, invalid, several, tuple(examples or ()))


def _swapped(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """`「联系电话」的内容像 completed_on` for each column that holds what another one should."""
    tests = dict(_KINDS.get(table.dataset, {}))
    if table.dataset == "calls":
        marked = {option.name for option in table.match.options}
        tests |= {name: _WORDS.format(question=name) for name in _said_in(table) if name not in marked}
    kinds = {name: test for name, test in tests.items() if name in table.match.positions}
    present = list(table.match.positions)
    if not kinds:
        return []
    # a column that holds what it should is in its place: in nearly every file all do, and no other is looked at
    share = _shares(connection, [(kind, kind) for kind in kinds], kinds)
    lacking = [kind for kind in kinds if (share[kind, kind] or 0) < _FEW]
    others = [(kind, column) for kind in lacking for column in present if column != kind]
    share |= _shares(connection, others, kinds)
    return [
        f"「{table.header[table.match.positions[column]].strip()}」的内容像 {kind}"
        for kind, column in others
        if column not in _TELLS_NOTHING
        and (share[kind, column] or 0) > _MOST
        and (column not in kinds or column in lacking)
    ]


def _shares(
    connection: duckdb.DuckDBPyConnection, asked: Sequence[tuple[str, str]], tests: Mapping[str, str]
) -> dict[tuple[str, str], float | None]:
    """What share of a column's values looks like a kind, for each kind and column asked; None where the column is empty."""
    if not asked:
        return {}
    shares = ", ".join(
        f"avg(({tests[kind].format(column=duck.name(column))})::int) filter (nullif(trim({duck.name(column)}), '') is not null)"
        for kind, column in asked
    )
    found = duck.one_row(connection, f"select {shares} from (select * from source limit {_LOOKED_AT_ROWS})")
    return dict(zip(asked, found, strict=True))
