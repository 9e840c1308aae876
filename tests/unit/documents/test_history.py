"""What a trend shows: the quarters before, as they were served when the documents were made, and the same whenever they are issued."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from callback_survey.documents.companion.history import FILE, History, QuarterRate, read_history, runs
from callback_survey.errors import DamagedFile
from callback_survey.releases import Release, open_marts
from callback_survey.releases import documents as frozen
from callback_survey.storage import files
from published import make_release

_KEPT = "'satisfaction' as measure, '满意率' as measure_name, 90::decimal(5, 2) as average_pct, false as is_suppressed"


def rates_of(quarter: str, rate: str, name: str = "区卫计局", definition: str = "top_box") -> dict[str, str]:
    return {
        "department_rates": f"select '330109' as region_code, '{quarter}' as quarter, 'd1' as department_code, "
        f"'{name}' as department_name, '{definition}' as measure_definition, {rate}::decimal(5, 2) as rate_pct, "
        f"20::bigint as answered_count, 0.8e0 as ci_display_low, 1 / 3 as ci_display_high, {_KEPT}"
    }


def released(root: Path, quarter: str, rate: str, **changed: str) -> Release:
    return make_release(root, quarter=quarter, tables=rates_of(quarter, rate, **changed))


def without_documents(release: Release) -> Release:
    """As it is before its documents are made: a release of today lists its files."""
    found = replace(release, files={"marts/department_rates.parquet": "hash"})
    files.write_text(found.folder / "SHA256SUMS", "")
    return found


def history_of(release: Release) -> History:
    with closing(open_marts(release)) as connection:
        return read_history(connection, release, schema="main")


@pytest.fixture
def own(tmp_path: Path) -> Release:
    released(tmp_path, "2017Q1", "70.00")  # beyond two years
    released(tmp_path, "2018Q1", "81.00")
    released(tmp_path, "2018Q3", "83.00")
    return without_documents(released(tmp_path, "2019Q1", "91.00", name="区卫健局"))


def test_the_quarters_before_are_those_that_are_served_within_two_years(own: Release) -> None:
    history = history_of(own)
    assert [(rate.quarter, rate.revision, rate.rate_pct) for rate in history.rates] == [
        ("2018Q1", 1, Decimal("81.00")),
        ("2018Q3", 1, Decimal("83.00")),
        ("2019Q1", 1, Decimal("91.00")),
    ]
    # a quarter without rates is a gap, not left out
    assert history.quarters == ("2018Q1", "2018Q2", "2018Q3", "2018Q4", "2019Q1")
    assert history.averages("satisfaction") == dict.fromkeys(("2018Q1", "2018Q3", "2019Q1"), Decimal("90.00"))


def test_what_is_issued_shows_what_its_draft_did_whatever_was_corrected_since(own: Release, tmp_path: Path) -> None:
    shown = history_of(own)
    with frozen.aside(own) as aside:
        files.write_text(aside / FILE, shown.csv())
        frozen.freeze(own, aside)
    make_release(tmp_path, quarter="2018Q3", revision=2, tables=rates_of("2018Q3", "55.00"))
    assert history_of(own) == shown
    (own.folder / "notice" / FILE).write_text("quarter\n", encoding="utf-8")
    with pytest.raises(DamagedFile, match=r"figures\.csv of release 330109 2019Q1 r1"):
        history_of(own)


def test_documents_that_had_no_trend_are_issued_without_one(own: Release) -> None:
    with frozen.aside(own) as aside:
        files.write_text(aside / "notice.html", "通报")
        frozen.freeze(own, aside)
    assert [rate.quarter for rate in history_of(own).rates] == ["2019Q1"]


def test_a_damaged_quarter_is_left_out_and_told(own: Release, caplog: pytest.LogCaptureFixture) -> None:
    folder = own.folder.parents[1]
    (folder / "2018Q3" / "r1" / "marts" / "department_rates.parquet").write_bytes(b"PAR1")
    (folder / "2018Q1" / "r1" / "release.json").write_text("{", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert [rate.quarter for rate in history_of(own).rates] == ["2019Q1"]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2 and "leaves out 330109 2018Q3 r1" in told[0] and "leaves out 2018Q1" in told[1]


def test_a_release_from_before_a_column_was_kept_is_shown_with_what_it_has(own: Release, tmp_path: Path) -> None:
    early = (
        "select '330109' as region_code, '2018Q4' as quarter, 'd1' as department_code, 'satisfaction' as measure, "
        "80::decimal(5, 2) as rate_pct"
    )
    make_release(tmp_path, quarter="2018Q4", tables={"department_rates": early})
    found = history_of(own).of("satisfaction", "d1")[-2]
    assert (found.quarter, found.rate_pct, found.department_name) == ("2018Q4", Decimal("80.00"), "d1")
    assert (found.ci_display_low, found.is_suppressed, found.measure_definition) == (None, None, None)


def test_the_table_opens_in_a_spreadsheet_and_says_each_figure_as_it_was_released(own: Release, tmp_path: Path) -> None:
    path = tmp_path / FILE
    files.write_text(path, history_of(own).csv())
    assert path.read_bytes().startswith(b"\xef\xbb\xbfquarter,revision,measure,")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["department_name"] == "区卫健局" and rows[-1]["rate_pct"] == "91.00"
    with duckdb.connect() as connection:
        read = connection.execute(f"select ci_display_high, is_suppressed from read_csv('{path}')").fetchall()
    assert read == [(1 / 3, False)] * 3


@pytest.mark.parametrize("name", ["=SUM(A1)局", "@农水局", "-局", "区'档案'局"])
def test_no_name_in_the_table_is_a_formula_and_each_is_read_as_it_was(tmp_path: Path, name: str) -> None:
    release = without_documents(released(tmp_path, "2018Q1", "81.00", name=name.replace("'", "''")))
    shown = history_of(release)
    with frozen.aside(release) as aside:
        files.write_text(aside / FILE, shown.csv())
        frozen.freeze(release, aside)
    with (release.folder / "notice" / FILE).open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["department_name"] == (name if name.startswith("区") else f"'{name}")
    assert history_of(release) == shown


def rate(quarter: str, rate_pct: str | None, definition: str = "top_box") -> QuarterRate:
    figures = (None, None, None, Decimal(rate_pct) if rate_pct else None, None, None, None, None)
    return QuarterRate(quarter, 1, "satisfaction", "满意率", definition, "d1", "区档案局", *figures)


@pytest.mark.parametrize(
    ("series", "joined"),
    [
        ([("2018Q1", "90"), ("2018Q2", "91")], [2]),
        ([("2018Q1", "90"), ("2018Q3", "91")], [1, 1]),  # nothing is known of what lies between
        ([("2018Q1", "90"), ("2018Q2", None), ("2018Q3", "91")], [1, 1]),
        ([("2018Q1", "90"), ("2018Q2", "91", "three_levels"), ("2018Q3", "92", "three_levels")], [1, 2]),
        ([("2018Q1", None)], []),
    ],
)
def test_a_line_joins_only_what_may_be_compared(series: list[tuple[str, ...]], joined: list[int]) -> None:
    found: Iterator[tuple[QuarterRate, ...]] = runs([rate(*one) for one in series])
    assert [len(run) for run in found] == joined
