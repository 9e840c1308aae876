"""A release is a frozen revision: new only where the marts differ, whole or not there, and its files are what it says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callback_survey import releases as releases_module
from callback_survey.checks.model import CheckReport
from callback_survey.landing.ledger import FileRecord, LandingReport
from callback_survey.releases import Release, contract, revisions, take, verify
from callback_survey.scope import Scope
from callback_survey.storage.files import sha256_of
from callback_survey.warehouse.published import PublishedTable, content_hashes
from callback_survey.wording.translation import in_chinese
from lakes import tree_of
from published import PASS, WARNING

TABLES = [
    PublishedTable(
        "department_rates",
        ("region_code", "quarter", "department_code", "measure"),
        ("region_code", "quarter", "department_code", "measure"),
        "region_quarter",
        "Rates.",
        {"rate_pct": "Printed."},
    ),
    PublishedTable("departments", ("department_code",), ("department_code",), "all", "Register.", {}),
]
LANDED = LandingReport(
    "330109",
    "2018Q1",
    "delivery-1",
    "",
    "",
    "run-0",
    "key",
    (FileRecord("frame.csv", "frame", "hash-of-frame", "utf-8-sig", 1, 3, 3, 0, ()),),
    {},
    "a reconstruction",
)
OTHER_FILES = (FileRecord("frame.csv", "frame", "hash-of-another", "utf-8-sig", 1, 3, 3, 0, ()),)
CHECKS = [
    CheckReport("run-1", "delivery", "330109", "2018Q1", (PASS,)),
    CheckReport("run-1", "marts", "330109", "2018Q1", (PASS, WARNING)),
]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("""
            create schema marts;
            create table marts.department_rates as
            select *, 'satisfaction' as measure, '满意率' as measure_name, rate_pct < 80 as is_below_average
            from (values
                ('330109', '2018Q1', 'd2', '区教育局', 74.42::decimal(5, 2)), ('330109', '2018Q1', 'd1', '区档案局', 94.77),
                ('330109', '2018Q1', 'd3', '区旅游局', null), ('330109', '2018Q2', 'd1', '区档案局', 1),
                ('330110', '2018Q1', 'd9', '别区局', 2)
            ) t (region_code, quarter, department_code, department_name, rate_pct);
            create table marts.departments as from (values ('d2', '区,教"育局'), ('d1', '区档案局')) t (department_code, name);
        """)
        yield connection


def release(warehouse: duckdb.DuckDBPyConnection, root: Path, **changes: Any) -> Release | None:
    options: dict[str, Any] = {
        "landed": LANDED,
        "checks": CHECKS,
        "tables": TABLES,
        "run_id": "run-1",
        "code_fingerprint": "code-1",
    }
    options |= changes
    scope = options["landed"].scope
    options["content"] = content_hashes(warehouse, options["tables"], [scope])[scope]
    return releases_module.freeze_marts(warehouse, releases=root, public=root / "public", **options)


def correct(warehouse: duckdb.DuckDBPyConnection, rate: float) -> None:
    warehouse.execute(
        f"update marts.department_rates set rate_pct = {rate} where department_code = 'd1' and quarter = '2018Q1'"
    )


def test_the_first_release_is_r1_and_holds_what_it_says(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    new = release(warehouse, tmp_path)
    assert new is not None
    assert (new.folder, new.name, new.key) == (tmp_path / "330109/2018Q1/r1", "330109 2018Q1 r1", "330109|2018Q1")
    assert sorted(tree_of(new.folder)) == [
        "SHA256SUMS",
        "checks/delivery-330109-2018Q1.json",
        "checks/marts-330109-2018Q1.json",
        "contract.odcs.yaml",
        "csv/department_rates.csv",
        "csv/departments.csv",
        "datapackage.json",
        "dictionary.csv",
        "marts/department_rates.parquet",
        "marts/departments.parquet",
        "release.json",
    ]
    assert (new.reason, new.delivery_id, new.warning_count) == ("first release", "delivery-1", 1)
    assert (new.input_files, new.data_note) == ({"frame.csv": "hash-of-frame"}, "a reconstruction")
    assert new.check_reports() == CHECKS
    rates = new.tables["department_rates"]
    assert (rates["row_count"], rates["description"], rates["column_descriptions"]) == (
        3,
        "Rates.",
        {"rate_pct": "Printed."},
    )
    for name, table in new.tables.items():
        assert table["parquet_sha256"] == sha256_of(new.folder / "marts" / f"{name}.parquet")
        assert table["csv_sha256"] == sha256_of(new.folder / "csv" / f"{name}.csv")


def test_files_hold_the_rows_of_the_quarter_in_order(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    new = release(warehouse, tmp_path)
    assert new is not None
    rows = duckdb.execute(
        f"select department_code, rate_pct::text from '{new.folder}/marts/department_rates.parquet'"
    ).fetchall()
    assert rows == [("d1", "94.77"), ("d2", "74.42"), ("d3", None)]
    assert (new.folder / "csv" / "departments.csv").read_bytes().decode("utf-8") == (
        '\ufeffdepartment_code,name\r\nd1,区档案局\r\nd2,"区,教""育局"\r\n'
    ), "Excel shows Chinese where the file begins with a mark"


def test_unchanged_marts_make_no_revision_whatever_else_changed(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(warehouse, tmp_path)
    before = tree_of(tmp_path)
    warehouse.execute("create table shuffled as from marts.department_rates order by rate_pct desc, department_code")
    warehouse.execute("drop table marts.department_rates; create table marts.department_rates as from shuffled")
    landed = replace(LANDED, delivery_id="delivery-2")
    assert release(warehouse, tmp_path, landed=landed, code_fingerprint="code-2", run_id="run-2") is None
    assert tree_of(tmp_path) == before


def test_another_quarter_or_region_in_the_warehouse_is_no_change(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(warehouse, tmp_path)
    warehouse.execute(
        "update marts.department_rates set rate_pct = 9 where quarter = '2018Q2' or region_code = '330110'"
    )
    assert release(warehouse, tmp_path) is None


def test_a_correction_is_the_next_revision_and_the_earlier_stays_as_it_was(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(warehouse, tmp_path)
    before = tree_of(tmp_path / "330109/2018Q1/r1")
    correct(warehouse, 94.76)
    second = release(warehouse, tmp_path, landed=replace(LANDED, delivery_id="delivery-2", files=OTHER_FILES))
    assert second is not None
    assert (second.revision, second.reason) == (2, "a corrected delivery")
    assert tree_of(tmp_path / "330109/2018Q1/r1") == before
    correct(warehouse, 94.77)
    third = release(warehouse, tmp_path)
    assert third is not None, "going back is a change against what is served"
    assert third.revision == 3


def test_a_corrected_note_is_a_revision_of_the_same_figures(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = release(warehouse, tmp_path, landed=replace(LANDED, data_note="这是真实数据"))
    corrected = replace(LANDED, delivery_id="delivery-2", data_note="更正：这是虚构数据")
    second = release(warehouse, tmp_path, landed=corrected)
    assert first is not None and second is not None
    assert (second.reason, second.data_note) == ("a corrected note of the sender", "更正：这是虚构数据")
    assert second.content_hash != first.content_hash, "by it readers know that they see another revision"
    assert verify(second).is_whole
    assert release(warehouse, tmp_path, landed=corrected) is None
    third = release(warehouse, tmp_path, landed=replace(LANDED, delivery_id="delivery-3", data_note=None))
    assert third is not None and third.content_hash not in (first.content_hash, second.content_hash)


@pytest.mark.parametrize(
    ("files", "code", "reason"),
    [
        (LANDED.files, "code-2", "changed rules or registers"),
        (OTHER_FILES, "code-2", "a corrected delivery and changed rules or registers"),
        (LANDED.files, "code-1", "the same delivery and rules gave other figures"),
    ],
)
def test_a_new_revision_says_why(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, files: tuple[FileRecord, ...], code: str, reason: str
) -> None:
    """The same files under another id were read by other rules: they are no correction."""
    release(warehouse, tmp_path)
    correct(warehouse, 94.76)
    landed = replace(LANDED, delivery_id="delivery-2", files=files)
    new = release(warehouse, tmp_path, landed=landed, code_fingerprint=code)
    assert new is not None
    assert new.reason == reason


def test_a_revision_after_another_method_says_so_and_names_the_signs_that_moved(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The first run after an upgrade: no rate moves, and what is said of chance does."""
    warehouse.execute("""
        alter table marts.department_rates add column p_value double default 0.01;
        alter table marts.department_rates add column is_significantly_below boolean default true;
        alter table marts.department_rates add column is_significantly_below_superpopulation boolean default false;
    """)
    release(warehouse, tmp_path)
    warehouse.execute("""
        alter table marts.department_rates add column test_method text default 'hypergeometric';
        update marts.department_rates set is_significantly_below = false where department_code = 'd2';
        update marts.department_rates set is_significantly_below_superpopulation = true where department_code = 'd1';
        update marts.department_rates set is_significantly_below = null where department_code = 'd3';
    """)
    new = release(warehouse, tmp_path, code_fingerprint="code-2")
    assert new is not None and new.difference is not None
    assert new.reason == (
        "another method of testing, which moved the signs of 区档案局（满意率）、区教育局（满意率）、区旅游局（满意率）"
    )
    assert (
        in_chinese(new.reason)
        == "检验方法有变动，标记因此变动的有：区档案局（满意率）、区教育局（满意率）、区旅游局（满意率）"
    )
    assert [(one["sign_before"], one["sign_after"]) for one in new.difference["signs"]] == [
        ("▽", "▼"),
        ("▽", ""),
        ("▽", ""),
    ]
    assert new.difference["departments"] == []
    # the method stays: the next revision is of something else
    correct(warehouse, 94.76)
    third = release(warehouse, tmp_path, code_fingerprint="code-3")
    assert third is not None and third.reason == "changed rules or registers"


def test_each_table_counts_and_a_table_more_is_a_change(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    release(warehouse, tmp_path, tables=TABLES[:1])
    assert release(warehouse, tmp_path, tables=TABLES) is not None
    warehouse.execute("update marts.departments set name = '区档案馆' where department_code = 'd1'")
    third = release(warehouse, tmp_path)
    assert third is not None
    assert third.revision == 3


def test_a_release_that_fails_halfway_is_no_revision_and_is_swept_by_the_next(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(new: Release, folder: Path) -> None:
        raise RuntimeError("the contract cannot be written")

    with monkeypatch.context() as changed:
        changed.setattr(contract, "write", fail)
        with pytest.raises(RuntimeError):
            release(warehouse, tmp_path)
    assert revisions(tmp_path, Scope("330109", "2018Q1")) == list(take(tmp_path).every) == []
    new = release(warehouse, tmp_path)
    assert new is not None
    assert new.revision == 1
    assert [path.name for path in (tmp_path / "330109/2018Q1").iterdir()] == ["r1"]


def test_revisions_order_by_number_and_only_whole_ones_count(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = release(warehouse, tmp_path)
    assert first is not None
    folder = tmp_path / "330109/2018Q1"
    for number in (2, 10):
        document = json.loads((folder / "r1/release.json").read_text(encoding="utf-8"))
        shutil.copytree(folder / "r1", folder / f"r{number}")
        (folder / f"r{number}/release.json").write_text(json.dumps({**document, "revision": number}), encoding="utf-8")
    for name in ("r11", ".r12-99", "r013", "rx"):
        (folder / name).mkdir()
    (folder / "r013/release.json").write_text("{}", encoding="utf-8")
    assert [found.revision for found in revisions(tmp_path, Scope("330109", "2018Q1"))] == [1, 2, 10]
    correct(warehouse, 1)
    new = release(warehouse, tmp_path)
    assert new is not None
    # a folder without its release.json is no release, and has used its number
    assert new.revision == 12


def test_the_latest_of_every_region_and_quarter_is_found_in_order(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    release(warehouse, tmp_path)
    correct(warehouse, 1)
    release(warehouse, tmp_path)
    release(warehouse, tmp_path, landed=replace(LANDED, region_code="330110"))
    release(warehouse, tmp_path, landed=replace(LANDED, quarter="2018Q2"))
    assert [found.name for found in take(tmp_path).every] == [
        "330109 2018Q1 r1",
        "330109 2018Q1 r2",
        "330109 2018Q2 r1",
        "330110 2018Q1 r1",
    ]
    assert take(tmp_path / "nothing yet").every == ()


def test_what_releases_say_alike_is_held_once(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    release(warehouse, tmp_path)
    correct(warehouse, 96.0)
    release(warehouse, tmp_path)
    first, second = (Release.read(tmp_path / "330109" / "2018Q1" / name) for name in ("r1", "r2"))
    name = "department_rates"
    assert first.tables[name]["column_descriptions"] is second.tables[name]["column_descriptions"]
    assert first.tables[name]["content_hash"] != second.tables[name]["content_hash"]

    # and what they say otherwise stays each one's own
    path = tmp_path / "330109" / "2018Q1" / "r2" / "release.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["tables"][name]["column_descriptions"]["rate_pct"] = "another meaning"
    path.write_text(json.dumps(said), encoding="utf-8")
    second, first = (Release.read(tmp_path / "330109" / "2018Q1" / name) for name in ("r2", "r1"))
    assert second.tables[name]["column_descriptions"]["rate_pct"] == "another meaning"
    assert first.tables[name]["column_descriptions"]["rate_pct"] != "another meaning"


def test_releases_may_lie_in_a_folder_with_a_quote_in_its_name(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert release(warehouse, tmp_path / "it's a folder") is not None
