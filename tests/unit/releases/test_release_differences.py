"""A revision says what it changed against the one before: rows of the delivery, and departments whose figures moved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from callback_survey import releases
from callback_survey.landing.corrections import DatasetDifference
from callback_survey.landing.ledger import LandingReport
from callback_survey.pipeline import freezing
from callback_survey.releases import Release
from callback_survey.run import Run
from callback_survey.settings import Settings
from callback_survey.storage.files import read_json
from callback_survey.warehouse.published import PublishedTable, content_hashes
from lakes import ONE_CALL, ONE_CASE, REPOSITORY, SECRET, Lake, calls, frame
from published import make_release

KEY = ("region_code", "quarter", "department_code", "measure")
TABLES = [PublishedTable("department_rates", KEY, KEY, "region_quarter", "Rates.", {})]
LANDED = LandingReport("330109", "2018Q1", "delivery-1", "", "", "run-0", "key", (), {})
CHANGED = [DatasetDifference("calls", 2, 1, 3), DatasetDifference("frame", 0, 0, 0)]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Four departments with two measures each, one of them unrated; and another region whose figures also move."""
    with duckdb.connect() as connection:
        connection.execute("""
            create schema marts;
            create table marts.department_rates as
            select region_code, '2018Q1' as quarter, code as department_code, name as department_name, measure, measure_name,
                pct::decimal(5, 2) as rate_pct, pct < 80 as is_below_average
            from (values
                ('330109', 'd1', '区档案局', 94.77), ('330109', 'd2', '区教育局', 74.42), ('330109', 'd3', '区旅游局', null),
                ('330109', 'd4', '区民政局', 80.00), ('330110', 'd1', '别区局', 50)
            ) t (region_code, code, name, pct)
            cross join (values ('satisfaction', '满意率'), ('realisation', '实现率')) m (measure, measure_name);
        """)
        yield connection


def release(
    warehouse: duckdb.DuckDBPyConnection, root: Path, changed_rows: list[DatasetDifference] | None = None
) -> Release:
    found = releases.freeze_marts(
        warehouse,
        LANDED,
        [],
        TABLES,
        content_hashes(warehouse, TABLES, [LANDED.scope])[LANDED.scope],
        releases=root,
        public=root / "public",
        run_id="run-1",
        code_fingerprint="code-1",
        changed_rows=changed_rows or [],
    )
    assert found is not None
    return found


def test_a_first_release_differs_from_nothing(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert release(warehouse, tmp_path, CHANGED).difference is None


def test_rows_are_told_by_dataset_and_only_where_some_changed(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(warehouse, tmp_path)
    warehouse.execute("update marts.department_rates set rate_pct = 1 where department_code = 'd1'")
    second = release(warehouse, tmp_path, CHANGED)
    assert second.difference is not None
    assert second.difference["against"] == "330109 2018Q1 r1"
    assert second.difference["rows"] == [{"dataset": "calls", "added_count": 2, "removed_count": 1, "changed_count": 3}]
    assert read_json(second.folder / "release.json")["difference"] == second.difference


def test_departments_whose_rate_or_flag_moved_are_named_and_no_other(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(warehouse, tmp_path)
    warehouse.execute("""
        update marts.department_rates set rate_pct = 74.43 where department_code = 'd2' and measure = 'satisfaction';
        update marts.department_rates set rate_pct = 90.00, is_below_average = false
            where department_code = 'd3' and measure = 'satisfaction';
        update marts.department_rates set is_below_average = true where department_code = 'd4' and measure = 'realisation';
        update marts.department_rates set rate_pct = 9 where region_code = '330110';
        insert into marts.department_rates values ('330109', '2018Q1', 'd5', '区新局', 'realisation', '实现率', 60.00, true);
        delete from marts.department_rates where department_code = 'd1' and measure = 'realisation';
    """)
    second = release(warehouse, tmp_path)
    assert second.difference is not None
    columns = ("department_name", "measure_name", "rate_pct_before", "rate_pct_after")
    flags = ("is_below_average_before", "is_below_average_after")
    moved = second.difference["departments"]
    assert {*moved[0]} == {*columns, *flags, "measure"}
    assert [tuple(row[name] for name in (*columns, *flags)) for row in moved] == [
        ("区档案局", "实现率", "94.77", None, False, None),
        ("区民政局", "实现率", "80.00", "80.00", False, True),
        ("区新局", "实现率", None, "60.00", None, True),
        ("区教育局", "满意率", "74.42", "74.43", True, True),
        ("区旅游局", "满意率", None, "90.00", None, False),
    ]


def test_a_change_elsewhere_moves_no_department(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    release(warehouse, tmp_path)
    warehouse.execute("alter table marts.department_rates add column valid_frame_count bigint default 7")
    second = release(warehouse, tmp_path)
    assert second.difference == {
        "against": "330109 2018Q1 r1",
        "rows": [],
        "departments": [],
        "signs": [],
        "is_other_method": False,
    }


def test_each_revision_is_held_against_the_one_just_before(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(warehouse, tmp_path)
    for number, rate in enumerate((50, 60), start=1):
        warehouse.execute(
            f"update marts.department_rates set rate_pct = {rate} where department_code = 'd2' and measure = 'satisfaction'"
        )
        found = release(warehouse, tmp_path).difference
        assert found is not None
        assert found["against"] == f"330109 2018Q1 r{number}"
    assert [row["rate_pct_before"] for row in found["departments"]] == ["50.00"]


def test_a_release_made_before_differences_were_kept_still_reads(tmp_path: Path) -> None:
    assert make_release(tmp_path).difference is None


def test_the_rows_are_compared_with_the_delivery_of_the_latest_revision(
    lake: Lake, warehouse: duckdb.DuckDBPyConnection
) -> None:
    """Not with the delivery that happened to land before: that one may have failed its gate."""
    settings = Settings(lake.folder.parent, lake.exports, REPOSITORY / "dbt_project", "1GB", (), SECRET.decode(), None)
    run = Run(settings, "run-1")
    files = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}
    first = lake.deliver(files)
    assert freezing._changed_rows(run, first) == [], "nothing was released yet"
    make_release(settings.releases)
    assert freezing._changed_rows(run, first) == [], "the delivery of the revision is not in the lake"
    path = settings.releases / "330109/2018Q1/r1/release.json"
    path.write_text(path.read_text(encoding="utf-8").replace("delivery-1", first.delivery_id), encoding="utf-8")
    assert freezing._changed_rows(run, first) == []
    lake.deliver(files | {"calls.csv": calls(ONE_CALL, ONE_CALL, ONE_CALL)})
    third = lake.deliver(files | {"calls.csv": calls(ONE_CALL, ONE_CALL)})
    assert [difference for difference in freezing._changed_rows(run, third) if not difference.is_empty] == [
        DatasetDifference("calls", 1, 0, 0)
    ]
