"""For any table of cases and calls: every row that was sent is in the lake with its values, or among the rejects."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callback_survey.privacy import scrub
from lakes import CALLS_HEADER, FRAME_HEADER, Lake, as_csv
from promised_words import DISPOSITIONS, SATISFACTION, VISITS

CODES = {word: code for code, words in DISPOSITIONS.items() for word in words.split()}
# printable text as people type it, with what CSV has to quote; no white space at its ends, which is not kept
WORDS = st.text(st.sampled_from('区教育局查档a1,"“”；=+-@[]/\n 中'), max_size=6).map(str.strip)
# no title, sum or note: such lines are told apart elsewhere
CASE_IDS = st.one_of(st.integers(0, 999).map(lambda number: f"XS-{number}"), st.just(""), st.just("15400000001"))
DAYS = st.one_of(
    st.dates(dt.date(2017, 1, 1), dt.date(2019, 1, 1)).map(str), st.sampled_from(["", "昨天", "2018-02-30"])
)
PHONES = st.sampled_from(["15400000001", "0571-88880001", "", "无"])
CASES = st.tuples(CASE_IDS, WORDS, DAYS, PHONES, WORDS, WORDS)
CONTACTS = st.tuples(
    CASE_IDS,
    DAYS,
    st.sampled_from([*CODES, "", "睡觉"]),
    st.sampled_from([*SATISFACTION, "很好"]),
    st.sampled_from([*VISITS, "多次"]),
)
Cells = tuple[str, ...]


def is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_sound_case(row: Cells) -> bool:
    return row[0].startswith("XS-") and row[1] != "" and is_day(row[2])


def is_sound_call(row: Cells) -> bool:
    is_answered = row[3] in SATISFACTION and row[4] in VISITS
    return row[0].startswith("XS-") and is_day(row[1]) and row[2] in CODES and is_answered


def kept_case(row: Cells) -> dict[str, Any]:
    return {
        "case_id": row[0],
        "department_name": scrub(row[1]),
        "completed_on": row[2],
        "is_phone_valid": row[3] not in ("", "无"),
        "service_item": scrub(row[4]) or None,
    }


def kept_call(row: Cells) -> dict[str, Any]:
    return {
        "case_id": row[0],
        "called_at": f"{row[1]} 00:00:00",
        "disposition_code": CODES[row[2]],
        "satisfaction_code": SATISFACTION[row[3]],
        "visits_code": VISITS[row[4]],
    }


def starting_lines(header: Cells, rows: list[Cells]) -> list[int]:
    """The line of the file on which each record begins: a quoted cell may hold line ends."""
    lines = [1 + as_csv(header, rows[:index]).count(b"\n") for index in range(len(rows))]
    assert not rows or lines[0] == 2
    return lines


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CASES, max_size=12), st.lists(CONTACTS, max_size=12))
def test_every_row_is_in_the_lake_as_sent_or_among_the_rejects(cases: list[Cells], contacts: list[Cells]) -> None:
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake", Path(folder) / "exports")
        report = lake.deliver(
            {
                "frame.csv": (as_csv(FRAME_HEADER, cases), len(cases)),
                "calls.csv": (as_csv(CALLS_HEADER, contacts), len(contacts)),
            }
        )
        accepted = {name: lake.rows(name) for name in ("frame", "calls")}
        rejected = lake.rows("rejects")
    for file in report.files:
        assert file.read_count == file.accepted_count + file.rejected_count
    for name, header, rows, is_sound, kept in (
        ("frame", FRAME_HEADER, cases, is_sound_case, kept_case),
        ("calls", CALLS_HEADER, contacts, is_sound_call, kept_call),
    ):
        placed = dict(zip(starting_lines(header, rows), rows, strict=True))
        refused = {row["line"]: row for row in rejected if row["dataset"] == name}
        found = {row["line"]: row for row in accepted[name]}
        assert found.keys() == {line for line, row in placed.items() if is_sound(row)}
        assert refused.keys() == placed.keys() - found.keys()
        assert len(found) + len(refused) == len(rows) == len(accepted[name]) + len(refused)
        for line, row in found.items():
            expected = kept(placed[line])
            assert {column: row[column] for column in expected} == expected
        for row in refused.values():
            assert row["reason"]
            assert "15400000001" not in json.dumps(row, ensure_ascii=False)
