"""Where numbers of people are looked for in what was landed: by gate 1 in a delivery, by the watch in the whole lake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from callback_survey.landing.case_numbers import personal_cases_sql
from callback_survey.privacy import holds_personal_number_sql, is_no_token_sql, scrub_sql
from callback_survey.storage import duck

# What people typed: it must be as the scrubber leaves it. What the pipeline wrote itself (tokens, the allowed words in the
# detail of a reject) and case numbers may hold long numbers.
_FREE_TEXT = (
    *("department_name", "service_item", "row_number"),
    *("disposition", "answer", "agent_id", "reason", "comment"),
    # the answers of calls that an earlier version landed
    *("satisfaction", "visits"),
)


@dataclass(frozen=True)
class TextColumn:
    """A text column: how many cells hold a number of a person, and the line of the first one. The cell is not told."""

    name: str
    cell_count: int
    first_line: int | None


def text_columns(connection: duckdb.DuckDBPyConnection, relation: str, quarter: str) -> Sequence[TextColumn]:
    """Every text column of a landed table of a quarter, or of the SQL that reads one."""
    columns = {name: kind for name, kind, *_ in connection.execute(f"describe from {relation}").fetchall()}
    names = [name for name, kind in columns.items() if kind == "VARCHAR" and name != "case_id"]
    # judged once and counted twice
    judged = ", ".join(f"{_is_personal(name)} as is_{place}" for place, name in enumerate(names))
    counted = ", ".join(
        f"count(*) filter (is_{place}), min_by(line, (file, line)) filter (is_{place})" for place in range(len(names))
    )
    found = duck.one_row(connection, f"select {counted} from (select file, line, {judged} from {relation})")
    told = [TextColumn(*cells) for cells in zip(names, found[::2], found[1::2], strict=True)]
    if "case_id" in columns:
        # those that landing took for case numbers may be fewer now than were needed to tell: one is enough
        personal = personal_cases_sql(relation, case_id="case_id", year=quarter[:4], enough=1)
        of_cases = duck.one_row(connection, f"select count(*), min_by(line, (file, line)) from ({personal})")
        told.append(TextColumn("case_id", *of_cases))
    return told


def _is_personal(column: str) -> str:
    if column == "row_text":
        # the case number in it was judged with its column
        return holds_personal_number_sql("""regexp_replace(row_text, '"case_id":"[^"]*"', '')""")
    quoted = f'"{column}"'
    if column.endswith("_token"):
        return f"case when {is_no_token_sql(quoted)} then {holds_personal_number_sql(quoted)} else false end"
    return f"{scrub_sql(quoted)} <> {quoted}" if column in _FREE_TEXT else holds_personal_number_sql(quoted)
