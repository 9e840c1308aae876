"""What did not change is carried over from the version before: readers get what they would get if all were read anew."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from callback_survey import releases
from callback_survey.checks.model import CheckReport
from callback_survey.releases import journal, verify
from callback_survey.releases.journal import Decision
from callback_survey.scope import Scope
from callback_survey.serving import check_results, grown
from callback_survey.serving import serve as serving_module
from callback_survey.serving.serve import ServeReport
from callback_survey.storage import files
from published import PASS, WARNING, make_release
from served_rows import told

LATER = "2018-07-20T06:00:00+00:00"
RATES = (
    "select '{region}' as region_code, '2018Q1' as quarter, 'd' || i as department_code, 'new' as marker, "
    "94.777::decimal(6, 3) as rate_pct, i::bigint as sample_count from range(2) t(i)"
)


def serve(home: Path, serving: str = "serving") -> ServeReport:
    found = releases.take(home / "releases")
    return serving_module.serve(found, serving=home / serving, memory_limit="1GB", checks=home / "checks")


def assert_as_if_read_anew(home: Path) -> None:
    anew = home / "anew"
    shutil.rmtree(anew, ignore_errors=True)
    report = serve(home, "anew")
    assert report.version == serve(home).version
    assert told(home / "serving") == told(anew)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three regions, served; the register's name of d0 is that of the latest release."""
    root = tmp_path / "releases"
    make_release(root, marker="first")
    make_release(root, region="330110", marker="second", names={"d0": "甲局", "d7": "庚"}, released_at=LATER)
    make_release(root, quarter="2018Q2", marker="third", row_count=1)
    serve(tmp_path)
    return tmp_path


def _corrected(home: Path) -> None:
    make_release(home / "releases", region="330110", revision=2, marker="corrected", names={"d0": "甲办"}, row_count=1)


def _rolled_back(home: Path) -> None:
    _corrected(home)
    serve(home)
    instead = {"instead_of": "r2", "served_before": "r2"}
    decided = Decision("rolled_back", "330110", "2018Q1", 1, "值班长", "交付有误", details=instead)
    journal.append(home / "releases", decided)


def _decided(home: Path) -> None:
    journal.append(home / "releases", Decision("approved", "330109", "2018Q1", 1, "值班长", details={"number": "1号"}))


def _other_columns(home: Path) -> None:
    tables = {"department_rates": RATES.format(region="330110"), "annexes": "select '330110' as region_code, 7 as line"}
    make_release(home / "releases", region="330110", revision=2, tables=tables, released_at=LATER)


def _other_columns_and_back(home: Path) -> None:
    _other_columns(home)
    serve(home)
    make_release(home / "releases", region="330110", revision=3, marker="back", released_at=LATER)


def _gone(home: Path) -> None:
    shutil.rmtree(home / "releases" / "330110")


def _failed_run(home: Path) -> None:
    for run in ("run-1", "run-2"):
        report = CheckReport(run, "marts", "330110", "2018Q1", (WARNING, PASS))
        report.write(home / "checks" / run)
    refused = PASS.__class__(**{**PASS.__dict__, "outcome": "fail"})
    CheckReport("run-2", "marts", "330111", "2018Q1", (refused,)).write(home / "checks" / "run-2")
    _decided(home)
    serve(home)
    CheckReport("run-3", "delivery", "330109", "2018Q3", (refused, WARNING)).write(home / "checks" / "run-3")
    CheckReport("run-2", "delivery", "330111", "2018Q1", (PASS,)).write(home / "checks" / "run-2")
    # what failed in a run stands there as long as that run released nothing
    make_release(home / "releases", region="330111", revision=1)
    path = home / "releases" / "330111" / "2018Q1" / "r1" / "release.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "run_id": "run-2"}), encoding="utf-8")


CHANGES: dict[str, Callable[[Path], None]] = {
    "another quarter": lambda home: make_release(home / "releases", quarter="2018Q3", marker="fourth") and None,
    "a region before the others": lambda home: make_release(home / "releases", region="330108") and None,
    "a correction": _corrected,
    "a rollback": _rolled_back,
    "a decision": _decided,
    "other columns": _other_columns,
    "other columns, and back": _other_columns_and_back,
    "a region is gone": _gone,
    "runs that failed": _failed_run,
}


@pytest.mark.parametrize("name", CHANGES)
def test_readers_get_what_they_would_get_if_all_were_read_anew(home: Path, name: str) -> None:
    CHANGES[name](home)
    assert_as_if_read_anew(home)


def test_checks_are_read_a_few_at_a_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _failed_run(home)
    serve(home, "at_once")
    monkeypatch.setattr(check_results, "_BATCH_ROWS", 1)
    serve(home, "one_by_one")
    assert told(home / "one_by_one") == told(home / "at_once")
    assert told(home / "one_by_one")["rows"]["check_results"]


@pytest.fixture
def every_file_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a small one, which is otherwise written anew."""
    monkeypatch.setattr(grown, "LEAST_BYTES", 0)
    monkeypatch.setattr(grown, "MOST_DROPPED", 10)


@pytest.mark.usefixtures("every_file_grows")
@pytest.mark.parametrize("name", CHANGES)
def test_a_file_that_grew_says_what_one_assembled_anew_says(
    home: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = dropped(home)
    CHANGES[name](home)
    assert_as_if_read_anew(home)
    assert "assembled anew" not in caplog.text
    only_added = name in ("another quarter", "a region before the others")
    # of other columns there is another file
    is_new = name.startswith("other columns")
    assert (before, dropped(home) > 0) == (0, not (only_added or is_new))


@pytest.mark.usefixtures("every_file_grows")
def test_a_file_with_much_room_of_rows_that_are_gone_is_assembled_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _corrected(home)
    serve(home)
    assert dropped(home) > 0
    monkeypatch.setattr(grown, "MOST_DROPPED", 0.2)
    make_release(home / "releases", region="330110", revision=3, marker="again", row_count=3)
    assert_as_if_read_anew(home)
    assert (dropped(home), "rows were taken out of it" in caplog.text) == (0, True)


@pytest.mark.usefixtures("every_file_grows")
def test_a_file_that_did_not_come_out_right_is_assembled_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever DuckDB does with keys while rows go and come: what readers get is held against what was to be written."""
    put_in = grown._put_in
    monkeypatch.setattr(grown, "_put_in", lambda one, database: put_in(one, database)[1:])
    _corrected(home)
    assert_as_if_read_anew(home)
    assert "has other rows than those that were to be written" in caplog.text


def dropped(home: Path) -> int:
    return int(json.loads((home / "serving" / "current" / "rows.json").read_text())["dropped"])


def _changed_unseen(path: Path) -> None:
    """Another byte at the same size, moment and inode: as a disk changes it."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    # of a Parquet file a byte of its rows: what stands at its end are its columns, which every reader of it needs
    footer = int.from_bytes(content[-8:-4], "little") + 8 if path.suffix == ".parquet" else 0
    content[(len(content) - footer) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_release_that_did_not_change_is_neither_read_nor_hashed_and_verify_still_hashes_it(home: Path) -> None:
    folder = home / "releases" / "330109" / "2018Q1" / "r1"
    before = told(home / "serving")["rows"]["department_rates"]
    _changed_unseen(folder / "marts" / "department_rates.parquet")
    _corrected(home)
    report = serve(home)
    assert [release.name for release in report.newly_served] == ["330110 2018Q1 r2"] and not report.held
    own = [row for row in told(home / "serving")["rows"]["department_rates"] if row[:2] == ("330109", "2018Q1")]
    assert own == [row for row in before if row[:2] == ("330109", "2018Q1")]
    assert not verify(releases.Release.read(folder)).is_whole


def test_a_release_whose_files_are_others_is_hashed_again(home: Path) -> None:
    folder = home / "releases" / "330109" / "2018Q1" / "r1"
    path = folder / "marts" / "department_rates.parquet"
    shutil.copy(path, path.with_suffix(".restored"))
    path.with_suffix(".restored").replace(path)
    _decided(home)
    assert not serve(home).held, "restored from a backup: other files of the same content"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    _corrected(home)
    assert list(serve(home).held) == [Scope("330109", "2018Q1")]


DAMAGES: dict[str, Callable[[Path], None]] = {
    "rows.json is lost": lambda current: (current / "rows.json").unlink(),
    "rows.json is cut": lambda current: (current / "rows.json").write_text("{") and None,
    "rows.json is a list": lambda current: (current / "rows.json").write_text("[]") and None,
    "rows.duckdb is lost": lambda current: (current / "rows.duckdb").unlink(),
    "rows.duckdb was changed": lambda current: _changed_unseen(current / "rows.duckdb"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_cannot_be_relied_on_is_not_carried_over(home: Path, name: str) -> None:
    DAMAGES[name](home / "serving" / "current")
    _corrected(home)
    assert_as_if_read_anew(home)


def test_what_another_version_of_the_package_read_is_read_anew(home: Path) -> None:
    path = home / "serving" / "current" / "rows.json"
    record = json.loads(path.read_text())
    assert record["made_by"].endswith(f"DuckDB {duckdb.__version__}")
    record["releases"] = {name: {**one, "content": "as it was"} for name, one in record["releases"].items()}
    files.write_json(path, {**record, "made_by": "0.0.1+000000000000, DuckDB 1.0.0"})
    _changed_unseen(home / "releases" / "330109" / "2018Q1" / "r1" / "marts" / "department_rates.parquet")
    _decided(home)
    assert list(serve(home).held) == [Scope("330109", "2018Q1")], "hashed again, too"


def test_what_was_taken_over_of_a_damaged_region_is_not_carried_on_as_its_release(home: Path) -> None:
    folder = home / "releases" / "330109" / "2018Q1" / "r1"
    whole = (folder / "release.json").read_bytes()
    (folder / "release.json").write_text("{")
    _corrected(home)
    assert list(serve(home).held) == [Scope("330109", "2018Q1")]
    (folder / "release.json").write_bytes(whole)
    assert_as_if_read_anew(home)
