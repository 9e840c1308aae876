"""Gate 1, the words that nobody registered, in one list: headers, departments, answers and outcomes, each with the rows that hold it,
the place of the first, and the file in which it would be registered.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pandas as pd

from callback_survey.checks.model import Check
from callback_survey.deliveries import headers
from callback_survey.landing.ledger import LandingReport
from callback_survey.privacy import scrub
from callback_survey.registers import Register

# an instance's own folder: rows there are added to those that come with the code
_REGISTERS = "registers/"
_ANSWERS = f"{_REGISTERS}answer_spellings.csv"
_DEPARTMENTS = f"{_REGISTERS}department_aliases.csv、{_REGISTERS}departments.csv"
_MARKS = f"{_REGISTERS}mark_spellings.csv"
_HEADS = f"{_REGISTERS}annex_headers.csv"
_DISPOSITIONS = f"{_REGISTERS}disposition_spellings.csv"
_WORDS = """
    select
        case reason when 'unknown_disposition' then '回访结果' else json_extract_string(row_text, '$.unknown.question') end as kind,
        case reason
            when 'unknown_disposition' then json_extract_string(row_text, '$.disposition')
            else json_extract_string(row_text, '$.unknown.word')
        end as word,
        count(*), arg_min(file, (file, line)), arg_min(line, (file, line)),
        case
            when reason = 'unknown_disposition' then 'outcome'
            when json_extract_string(row_text, '$.unknown.is_mark') = 'true' then 'mark'
            else 'answer'
        end as what
    from rejects
    where dataset = 'calls' and reason in ('unknown_disposition', 'unknown_answer')
    group by kind, word, what
    order by what desc, kind, 3 desc, word
"""
_NAMES = """
    select department_name, count(*), arg_min(file, (file, line)), arg_min(line, (file, line))
    from {dataset}
    group by department_name
    order by 2 desc, 1
"""
_COLUMNS = ("kind", "word_name", "row_count", "file", "line", "hint", "register")
_Row = tuple[str, str, int, str, int, str, str]


def facts(connection: duckdb.DuckDBPyConnection, report: LandingReport, register: Register) -> dict[str, pd.DataFrame]:
    """One row per word; `connection` has a view per landed dataset, and `rejects`."""
    rows = [*_headers(report), *_departments(connection, report, register), *_words(connection)]
    return {"unknown_spellings": pd.DataFrame(rows, columns=list(_COLUMNS))}


def checks() -> list[Check]:
    from . import of_deliveries

    return [
        Check(
            "spellings_known",
            facts="unknown_spellings",
            expectation=of_deliveries.ExpectSpellingsRegistered(),
            example="{kind}「{word_name}」: {row_count} rows, first {file} line {line}{hint}; to accept it, edit {register}",
            shows=_COLUMNS,
            allows="headers, departments, answers and outcomes as they are registered",
            rows_may_be_missing=True,
            nothing="every word is known",
        )
    ]


def _headers(report: LandingReport) -> Iterator[_Row]:
    """An unknown header stands above all rows of its table; nothing of the column is kept."""
    found: dict[str, _Row] = {}
    for file in report.files:
        for header in map(scrub, file.unknown_columns):
            rows = found[header][2] if header in found else 0
            first = found.get(header, ("", "", 0, file.name, file.header_line, "", ""))
            # what an annex has beside its counts are figures
            register = _HEADS if file.dataset == "published" else headers.REGISTER
            found[header] = ("表头", header, rows + file.read_count, first[3], first[4], "", register)
    yield from found.values()


def _departments(connection: duckdb.DuckDBPyConnection, report: LandingReport, register: Register) -> Iterator[_Row]:
    """Names in frames and annexes. What calls name counts only for a case without a frame row, which is told of itself."""
    for dataset in ("frame", "published"):
        if dataset in report.lake_files:
            for name, row_count, file, line in connection.execute(_NAMES.format(dataset=dataset)).fetchall():
                if register.find(name) is None:
                    yield "部门", name, row_count, file, line, register.hint(name), _DEPARTMENTS


def _words(connection: duckdb.DuckDBPyConnection) -> Iterator[_Row]:
    registers = {"outcome": _DISPOSITIONS, "mark": _MARKS, "answer": _ANSWERS}
    for kind, word, row_count, file, line, what in connection.execute(_WORDS).fetchall():
        yield kind, word or "", row_count, file, line, "", registers[what]
