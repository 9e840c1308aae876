"""What a correction changed, row by row, against a count in plain Python."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callback_survey.landing import LandingReport, ledger
from callback_survey.landing.corrections import DatasetDifference, compare
from callback_survey.privacy import TokenKey
from lakes import ONE_CALL, ONE_CASE, Lake, calls, frame

FRAME = ("case_id", "department_name", "completed_on", "phone_token", "is_phone_valid", "service_item")
CALLS = ("case_id", "called_at", "satisfaction", "comment")
ANSWERS = ("question", "answer", "answer_code")
Row = tuple[str | bool | int | None, ...]
# few cases and few values, so that duplicates, moves and changes meet
CASES = st.tuples(
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from(["区档案局", "区教育局"]),
    st.just("2018-03-01"),
    st.sampled_from(["k:1", "k:2", None]),
    st.just(True),
    st.sampled_from(["查档", None]),
).map(lambda row: (*row[:4], row[3] is not None, row[5]))
CONTACTS = st.tuples(
    st.sampled_from(["A", "B"]),
    st.sampled_from(["2018-04-10 09:30:00", "2018-04-11 09:30:00"]),
    st.sampled_from(["满意", "不满意", None]),
    st.sampled_from(["", None]),
)


def as_rows_each(contacts: Sequence[Row]) -> dict[str, tuple[Sequence[str], Sequence[Row]]]:
    """Calls as they are landed: what they answer is a table of its own."""
    answered = [(line, row[2]) for line, row in enumerate(contacts, start=2) if row[2] is not None]
    return {
        "calls": (("case_id", "called_at", "comment"), [(*row[:2], row[3]) for row in contacts]),
        "answers": (("line", *ANSWERS), [(line, "satisfaction", word, word) for line, word in answered]),
    }


def as_columns(contacts: Sequence[Row]) -> dict[str, tuple[Sequence[str], Sequence[Row]]]:
    """Calls as an earlier version has landed them."""
    columns = (*CALLS, "satisfaction_code", "visits", "visits_code")
    return {"calls": (columns, [(*row, row[2], None, None) for row in contacts])}


def store(lake: Path, side: str, key_id: str, tables: dict[str, tuple[Sequence[str], Sequence[Row]]]) -> LandingReport:
    """A landed delivery: the columns that landing adds are there too, and other on each side."""
    names = {}
    for dataset, (columns, rows) in tables.items():
        keys = {"region_code": "330109", "quarter": "2018Q1", "delivery_id": side, "file": f"{side}.csv"}
        records = [
            {**keys, "line": line, "case_token": f"{key_id}:{row[0]}"} | dict(zip(columns, row, strict=True))
            for line, row in enumerate(rows, start=2)
        ]
        types = {"line": pa.int64(), "is_phone_valid": pa.bool_()}
        schema = pa.schema(
            [
                pa.field(name, types.get(name, pa.string()))
                for name in dict.fromkeys([*keys, "line", "case_token", *columns])
            ]
        )
        names[dataset] = f"{side}-{dataset}.parquet"
        pq.write_table(pa.Table.from_pylist(records, schema=schema), lake / names[dataset])
    return LandingReport("330109", "2018Q1", side, "", "", "run-1", key_id, (), names)


def counted(dataset: str, before: Sequence[Row], after: Sequence[Row], key: Sequence[int]) -> DatasetDifference:
    """Pair off equal rows, then rows of one key; what is left over came or went."""
    gone, new = list(before), list(after)
    for row in before:
        if row in new:
            new.remove(row)
            gone.remove(row)

    def of(row: Row) -> tuple[object, ...]:
        return tuple(row[place] for place in key)

    changed = 0
    for row in list(gone):
        match = next((other for other in new if of(other) == of(row)), None)
        if match is not None:
            gone.remove(row)
            new.remove(match)
            changed += 1
    return DatasetDifference(dataset, len(new), len(gone), changed)


def without_token(rows: Sequence[Row]) -> list[Row]:
    return [(*row[:3], *row[4:]) for row in rows]


@settings(max_examples=25)
@given(
    st.lists(CASES, max_size=6),
    st.lists(CASES, max_size=6),
    st.lists(CONTACTS, max_size=5),
    st.booleans(),
    st.sampled_from([as_rows_each, as_columns]),
)
def test_rows_added_removed_and_changed_are_those_of_a_plain_count(
    before: list[Row],
    after: list[Row],
    contacts: list[Row],
    has_same_key: bool,
    as_landed: Callable[[Sequence[Row]], dict[str, tuple[Sequence[str], Sequence[Row]]]],
) -> None:
    changed_contacts = [*contacts[1:], *contacts[:1], *contacts[:1]]
    with TemporaryDirectory() as folder:
        lake = Path(folder)
        first = store(lake, "one", "k", {"frame": (FRAME, before), **as_landed(contacts)})
        key = "k" if has_same_key else "other"
        second = store(lake, "two", key, {"frame": (FRAME, after), **as_rows_each(changed_contacts)})
        found = compare(first, second, lake=lake, memory_limit="200MB")
    rows = (before, after) if has_same_key else (without_token(before), without_token(after))
    assert found == [
        counted("calls", contacts, changed_contacts, (0, 1)),
        counted("frame", *rows, (0,)),
    ]
    for side, total in ((before, found[1].removed_count), (after, found[1].added_count)):
        assert 0 <= total + found[1].changed_count <= len(side)


def test_the_oracle_counts_a_duplicate_once_for_each_time_it_stands_there() -> None:
    row, other = ("A", "x"), ("A", "y")
    assert counted("calls", [row, row], [row], (0,)) == DatasetDifference("calls", 0, 1, 0)
    assert counted("calls", [row, row], [other, row, other], (0,)) == DatasetDifference("calls", 1, 0, 1)
    assert Counter(itertools.chain([row], [row]))[row] == 2


def test_a_dataset_that_is_on_one_side_only_came_or_went_whole(tmp_path: Path) -> None:
    cases = [("A", "区档案局", "2018-03-01", None, False, None)] * 2
    both = {"frame": (FRAME, cases), **as_rows_each([("A", "2018-04-10 09:30:00", "满意", None)])}
    first = store(tmp_path, "one", "k", {"frame": both["frame"]})
    second = store(tmp_path, "two", "k", both)
    there = compare(first, second, lake=tmp_path, memory_limit="200MB")
    back = compare(second, first, lake=tmp_path, memory_limit="200MB")
    assert there == [DatasetDifference("calls", 1, 0, 0), DatasetDifference("frame", 0, 0, 0)]
    assert back == [DatasetDifference("calls", 0, 1, 0), DatasetDifference("frame", 0, 0, 0)]
    assert [difference.is_empty for difference in there] == [False, True]
    assert str(there[0]) == "calls: 1 added, 0 removed, 0 changed"


def test_a_landed_correction_is_told_wherever_its_rows_stand_now(lake: Lake) -> None:
    """Files and lines move, rows do not: only what a row says counts, and a phone counts by its token."""
    second = ("XS-2", *ONE_CASE[1:])
    first = lake.deliver({"frame.csv": frame(ONE_CASE, second), "calls.csv": calls(ONE_CALL)})
    moved = {"frame-2.csv": frame(second), "frame-1.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}
    (lake.exports / "330109" / "2018Q1" / "frame.csv").unlink()
    same = lake.deliver(moved)
    assert all(found.is_empty for found in compare(first, same, lake=lake.folder, memory_limit="1GB"))
    phone = (*second[:3], "15400000002", *second[4:])
    answer = (*ONE_CALL[:3], "不满意", ONE_CALL[4])
    corrected = lake.deliver(moved | {"frame-2.csv": frame(phone), "calls.csv": calls(answer, ONE_CALL[:5])})
    assert compare(same, corrected, lake=lake.folder, memory_limit="1GB") == [
        DatasetDifference("calls", 1, 0, 0),
        DatasetDifference("frame", 0, 0, 1),
    ]


@pytest.mark.parametrize("is_earlier_version", [False, True])
def test_a_share_that_is_printed_otherwise_is_a_changed_line(tmp_path: Path, is_earlier_version: bool) -> None:
    """The line of 甲 stays, that of 乙 has another share, and the version that landed them makes no difference."""

    def printed(side: str, second: str) -> LandingReport:
        lines = [("1", "甲", "12", "5"), ("2", "乙", "10", "4")]
        columns = ("row_number", "department_name", "valid_frame_count", "sample_count")
        shares = [("97.56", "2.44"), (second, "20.00")]
        figures = ("within_one_visit_pct", "two_or_more_visits_pct")
        if is_earlier_version and side == "one":
            others = (
                "satisfied_pct fairly_satisfied_pct basically_satisfied_pct rather_dissatisfied_pct dissatisfied_pct"
            )
            wide = (*columns, *figures, *others.split(" "))
            rows = [(*line, *share, *[None] * 5) for line, share in zip(lines, shares, strict=True)]
            return store(tmp_path, side, "k", {"published": (wide, rows)})
        long = [
            (number, "realisation", figure, value)
            for number, share in enumerate(shares, start=2)
            for figure, value in zip(figures, share, strict=True)
        ]
        tables = {"published": (columns, lines), "figures": (("line", "measure", "figure", "printed"), long)}
        return store(tmp_path, side, "k", tables)

    found = compare(printed("one", "80.00"), printed("two", "79.99"), lake=tmp_path, memory_limit="200MB")
    assert found == [DatasetDifference("published", 0, 0, 1)]


def test_under_another_key_only_the_validity_of_a_phone_can_be_compared(lake: Lake) -> None:
    rows = [ONE_CASE, ("XS-2", *ONE_CASE[1:])]
    first = lake.deliver({"frame.csv": frame(*rows), "calls.csv": calls(ONE_CALL)})
    lake.secret = lake.secret[::-1]
    ledger.change_key(lake.folder, TokenKey.from_secret(lake.secret).key_id)
    changed = [(*ONE_CASE[:3], "15400000009", *ONE_CASE[4:]), (*rows[1][:3], "无", *rows[1][4:])]
    second = lake.deliver({"frame.csv": frame(*changed), "calls.csv": calls(ONE_CALL)})
    assert compare(first, second, lake=lake.folder, memory_limit="1GB") == [
        DatasetDifference("calls", 0, 0, 0),
        DatasetDifference("frame", 0, 0, 1),
    ]
