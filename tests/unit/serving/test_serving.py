"""Serving is assembled from releases, verified, and switched in one rename: readers see one version or the next."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callback_survey.checks.model import CheckReport
from callback_survey.errors import SurveyError
from callback_survey.releases import Inventory, Release, Standing, inventory, journal
from callback_survey.releases.journal import Decision
from callback_survey.scope import Scope
from callback_survey.serving import readers
from callback_survey.serving import serve as serving_module
from callback_survey.serving.rollups import Input, Rollup, Rollups
from callback_survey.serving.serve import ServeReport, export_restricted
from callback_survey.storage.files import read_json, write_json
from callback_survey.warehouse.published import Labels, PublishedTable
from lakes import tree_of
from published import PASS, WARNING, make_release


def inventory_of(
    served: Sequence[Release], every: Sequence[Release] | None = None, standings: dict[str, Standing] | None = None
) -> Inventory:
    return Inventory(tuple(every or served), tuple(served), standings or {}, {})


def serve(folder: Path, served: Sequence[Release], every: Sequence[Release] | None = None) -> ServeReport:
    return serving_module.serve(inventory_of(served, every), serving=folder, memory_limit="1GB")


def read(folder: Path, query: str) -> list[Any]:
    """As a reader does: open the served file read-only, ask, close."""
    with duckdb.connect(str(folder / "marts.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "serving"


def test_releases_of_all_regions_and_quarters_stand_in_one_file(tmp_path: Path, folder: Path) -> None:
    first = make_release(tmp_path / "releases", marker="first")
    second = make_release(tmp_path / "releases", quarter="2018Q2", marker="second", row_count=2)
    other = make_release(tmp_path / "releases", region="330110", marker="other", row_count=1)
    report = serve(folder, [first, second, other])
    rates = read(
        folder, "select region_code, quarter, marker, count(*) from department_rates group by all order by all"
    )
    assert rates == [
        ("330109", "2018Q1", "first", 3),
        ("330109", "2018Q2", "second", 2),
        ("330110", "2018Q1", "other", 1),
    ]
    assert report.marts == folder / "marts.duckdb"
    assert report.newly_served == (first, second, other)


def test_a_table_carries_its_descriptions_types_and_order(tmp_path: Path, folder: Path) -> None:
    serve(folder, [make_release(tmp_path / "releases")])
    comments = dict(read(folder, "select table_name, comment from duckdb_tables()"))
    assert comments["departments"] == "The register; it's a dimension."
    assert comments["releases"] and comments["check_results"]
    assert read(folder, "select count(*) from duckdb_columns() where comment is null and table_name = 'releases'") == [
        (0,)
    ]
    assert read(folder, "select typeof(rate_pct) from department_rates limit 1") == [("DECIMAL(5,2)",)]
    assert read(folder, "select department_code from department_rates") == [("d0",), ("d1",), ("d2",)]


REGISTERED = {
    "regions": "select '330109' as region_code",
    "departments": "select '330109' as region_code, '2018Q1' as quarter, unnest(['d0', 'd1']) as department_code",
    "department_rates": "select '330109' as region_code, '2018Q1' as quarter, unnest(['d0', 'd1']) as department_code",
}
DECLARED = (
    "select table_name, constraint_type, constraint_column_names, referenced_table from duckdb_constraints() "
    "where table_name = 'department_rates' and constraint_type <> 'NOT NULL' order by all"
)


def test_the_file_itself_refuses_a_row_that_stands_twice_or_refers_to_nothing(tmp_path: Path, folder: Path) -> None:
    serve(folder, [make_release(tmp_path / "releases", tables=REGISTERED)])
    assert read(folder, DECLARED) == [
        ("department_rates", "FOREIGN KEY", ["department_code"], "departments"),
        ("department_rates", "FOREIGN KEY", ["region_code"], "regions"),
        ("department_rates", "PRIMARY KEY", ["region_code", "quarter", "department_code"], None),
    ]
    shutil.copy(folder / "marts.duckdb", tmp_path / "own.duckdb")
    with duckdb.connect(str(tmp_path / "own.duckdb")) as own:
        with pytest.raises(duckdb.ConstraintException, match="Duplicate key"):
            own.execute("insert into department_rates by name from department_rates limit 1")
        with pytest.raises(duckdb.ConstraintException, match="foreign key"):
            own.execute(
                "insert into department_rates (region_code, quarter, department_code) values ('330109', '2018Q1', 'd9')"
            )


def test_a_table_whose_rows_stand_twice_is_served_without_its_key_and_nothing_refers_to_it(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No code of ours makes such a table; if one did, everybody else's figures would wait for it."""
    twice = Rollup(
        "regions", '"warehouse".rollups.regions', "select unnest(['330109', '330109']) as region_code", "Rows."
    )
    twice = replace(
        twice, key=("region_code",), order_by=("region_code",), columns=(("region_code", "varchar", "Code."),)
    )
    release = make_release(tmp_path / "releases")
    serving_module.serve(inventory_of([release]), serving=folder, memory_limit="1GB", rollups=Rollups((), (twice,)))
    assert "regions has 1 rows more than keys: served without its key" in caplog.text
    assert read(folder, "select count(*) from regions") == [(2,)]
    assert read(
        folder,
        "select count(*) from duckdb_constraints() where constraint_type = 'FOREIGN KEY' and referenced_table = 'regions'",
    ) == [(0,)]


def test_marts_is_the_right_name_whatever_the_file_is_attached_under(tmp_path: Path, folder: Path) -> None:
    serve(folder, [make_release(tmp_path / "releases")])
    counted = "select count(*) from {}department_rates"
    with duckdb.connect() as tool:
        tool.execute(f"attach '{folder / 'callback_survey.duckdb'}' as figures (read_only)")
        tool.execute(f"attach '{folder / 'marts.duckdb'}' (read_only)")
        for name in ("figures.marts.", "figures.", "marts."):
            assert tool.execute(counted.format(name)).fetchall() == [(3,)], name
        tool.execute("use figures; detach marts")
        for name in ("marts.", ""):
            assert tool.execute(counted.format(name)).fetchall() == [(3,)], name
    for name in ("callback_survey.duckdb", "copied.duckdb"):
        path = tmp_path / name
        shutil.copy(folder / "callback_survey.duckdb", path)
        with duckdb.connect(str(path), read_only=True) as own:
            assert own.execute(counted.format("marts.")).fetchall() == [(3,)], name
            described = "select comment from duckdb_views() where schema_name = 'marts' and view_name = 'departments'"
            assert own.execute(described).fetchall() == [("The register; it's a dimension.",)]


def test_the_files_are_of_the_form_that_clients_of_duckdb_1_read(tmp_path: Path, folder: Path) -> None:
    serve(folder, [make_release(tmp_path / "one")])
    # DuckDB 2 writes version 69 unless it is told otherwise, as `make test-next` shows
    for name in ("marts.duckdb", "callback_survey.duckdb"):
        assert struct.unpack("<Q", (folder / name).read_bytes()[12:20]) == (64,)


def test_what_an_early_release_refers_to_in_vain_is_served_without_that_foreign_key(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = {**REGISTERED, "department_rates": REGISTERED["department_rates"].replace("'d1'", "'d9'")}
    serve(folder, [make_release(tmp_path / "releases", tables=unknown)])
    assert read(folder, "select count(*) from department_rates") == [(2,)]
    assert [row[1:] for row in read(folder, DECLARED) if row[3] == "departments"] == []
    assert "department_rates refers to departments, which lacks 1 of its keys" in caplog.text


def test_every_table_is_a_parquet_folder_too(tmp_path: Path, folder: Path) -> None:
    serve(folder, [make_release(tmp_path / "releases")])
    names = sorted(path.name for path in (folder / "parquet").iterdir())
    assert names == ["check_results", "department_rates", "departments", "releases"]
    for name in names:
        expected = read(folder, f"from {name}")
        assert duckdb.execute(f"from '{folder}/parquet/{name}/*.parquet'").fetchall() == expected


def test_revisions_and_checks_are_listed_and_only_the_served_one_is_marked(tmp_path: Path, folder: Path) -> None:
    first = make_release(tmp_path / "releases", marker="wrong")
    second = make_release(tmp_path / "releases", revision=2, marker="right", released_at="2018-05-01T06:00:00+00:00")
    serve(folder, [second], [first, second])
    assert read(folder, "select revision, is_served from releases") == [(1, False), (2, True)]
    assert read(folder, "select distinct marker from department_rates") == [("right",)]
    found = read(
        folder, "select revision, is_served, check_id, severity, outcome, examples from check_results order by all"
    )
    assert found == [
        (1, False, "reconciliation_exact", "warn", "warn", "区教育局: 97.56"),
        (1, False, "shares_sum_to_100", "fail", "pass", ""),
        (2, True, "reconciliation_exact", "warn", "warn", "区教育局: 97.56"),
        (2, True, "shares_sum_to_100", "fail", "pass", ""),
    ]


def test_a_decision_about_a_revision_is_served_at_once_and_makes_nothing_new(tmp_path: Path, folder: Path) -> None:
    first, second = (make_release(tmp_path / "releases", revision=revision) for revision in (1, 2))
    versions = [serve(folder, [second], [first, second]).version]
    issued = Standing(
        "corrected", "值班长", "2018-06-07T00:00:00+00:00", "5号", False, None, None, None, 2, "已重新报送"
    )
    rolled_back = Standing("draft", None, None, None, True, "值班长", "2018-06-08T00:00:00+00:00", "交付有误")
    for standings in ({first.name: issued, second.name: rolled_back},) * 2:
        found = inventory_of([second], [first, second], standings)
        report = serving_module.serve(found, serving=folder, memory_limit="1GB")
        versions.append(report.version)
        assert report.newly_served == ()
    assert versions[0] != versions[1] == versions[2]
    shown = read(
        folder,
        "select approval_status, approved_by, approved_at, notice_number, is_rolled_back, rolled_back_by, rolled_back_at, "
        "rolled_back_reason, corrected_by_revision, corrected_reason, withdrawn_by, withdrawn_at, withdrawn_reason "
        "from releases order by revision",
    )
    assert shown == [
        tuple(
            value and datetime.fromisoformat(value) if name.endswith("_at") else value
            for name, value in vars(standing).items()
        )
        for standing in (issued, rolled_back)
    ]


RATES = {"department_rates": "select '{}' as region_code, '{}' as quarter, 'd0' as department_code"}
INVENTED, REBUILT = "虚构数据：全部是为演示编造的", "样例数据，按通报重建"


def test_figures_say_what_the_data_behind_them_are(tmp_path: Path, folder: Path) -> None:
    """A note that only mentions invented data does not make its own data so."""
    mended = "更正：不再包含虚构数据"
    for region, quarter, note in (
        ("330109", "2018Q1", INVENTED),
        ("330109", "2018Q2", None),
        ("330110", "2018Q1", mended),
    ):
        tables = {name: query.format(region, quarter) for name, query in RATES.items()}
        make_release(tmp_path / "releases", region=region, quarter=quarter, tables=tables, note=note)
    serving_module.serve(inventory.take(tmp_path / "releases"), serving=folder, memory_limit="1GB")
    expected = [
        ("330109", "2018Q1", True, INVENTED),
        ("330109", "2018Q2", False, None),
        ("330110", "2018Q1", False, mended),
    ]
    for table in ("department_rates", "releases"):
        assert (
            read(folder, f"select region_code, quarter, is_synthetic, data_note from {table} order by all") == expected
        )


def test_a_rollup_is_synthetic_where_a_release_that_it_is_made_of_is(tmp_path: Path, folder: Path) -> None:
    """The city of two districts, in its quarter and over two; a district's own row is none of the other's."""
    regions = "select '330109' as region_code, '330100' as parent_region_code union all select '330110', '330100'"
    for region, quarter, note in (
        ("330109", "2018Q1", INVENTED),
        ("330109", "2018Q2", None),
        ("330110", "2018Q2", REBUILT),
    ):
        tables = {"regions": regions, "department_rates": RATES["department_rates"].format(region, quarter)}
        make_release(tmp_path / "releases", region=region, quarter=quarter, tables=tables, note=note)
    places = "select unnest(['330100', '330100', '330109', '330109']) as region_code, '2018Q2' as quarter, "
    query = f"{places} unnest(['districts', 'districts', 'survey', 'survey']) as made_from, "
    query += "unnest(['2018Q2', '2018Q1', '2018Q2', '2018Q1']) as first_quarter"
    columns = tuple((name, "varchar", "A column.") for name in ("region_code", "quarter", "made_from", "first_quarter"))
    key = ("region_code", "made_from", "first_quarter")
    made = Rollups((), (Rollup("rolled", '"warehouse".rollups.rolled', query, "Rows.", key, key, columns),))
    serving_module.serve(inventory.take(tmp_path / "releases"), serving=folder, memory_limit="1GB", rollups=made)
    found = read(folder, "select region_code, first_quarter, is_synthetic, data_note from rolled order by all")
    assert found == [
        ("330100", "2018Q1", True, f"{REBUILT}；{INVENTED}"),
        ("330100", "2018Q2", True, REBUILT),
        ("330109", "2018Q1", True, INVENTED),
        ("330109", "2018Q2", False, None),
    ]


def test_moments_are_moments_in_every_table(tmp_path: Path, folder: Path) -> None:
    serve(folder, [make_release(tmp_path / "releases")])
    moments = "select distinct data_type from duckdb_columns() where column_name like '%\\_at' escape '\\'"
    assert read(folder, moments) == [("TIMESTAMP WITH TIME ZONE",)]
    assert read(folder, "select released_at from releases") == [(datetime.fromisoformat("2018-04-20T06:00:00+00:00"),)]


def test_a_department_has_one_row_a_quarter_with_its_measures_side_by_side(tmp_path: Path, folder: Path) -> None:
    """Also those of the user's own, in their order, and empty where a region does not ask them; one that nobody asks is no column."""
    measures = "from (values ('satisfaction', '满意率', 2), ('efficiency', '办理效率', 1), ('unused', '未用', 3)) "
    measures += "t (measure, measure_name, measure_order)"
    rates = (
        "select '{}' as region_code, '2018Q1' as quarter, 'd' || i as department_code, '局' || i as department_name, "
        "measure, 10 * i::bigint as sample_count, (90 + i)::decimal(5, 2) as rate_pct "
        "from range(2) a (i), (values {}) b (measure)"
    )
    for region, asked in (("330109", "('satisfaction'), ('efficiency')"), ("330110", "('satisfaction')")):
        tables = {"measures": measures, "department_rates": rates.format(region, asked)}
        release = make_release(tmp_path / "releases", region=region, tables=tables)
        for name, key in (
            ("measures", ["measure"]),
            ("department_rates", ["region_code", "department_code", "measure"]),
        ):
            document = read_json(release.folder / "release.json")
            document["tables"][name] |= {"key": key, "order_by": key}
            write_json(release.folder / "release.json", document)
    labels = Labels({}, {"rate_pct": "比率（%）"})
    found = inventory.take(tmp_path / "releases")
    serving_module.serve(found, serving=folder, memory_limit="1GB", rollups=Rollups(labels=labels))
    columns = "select column_name from duckdb_columns() where table_name = 'department_quarters' order by column_index"
    assert [name for (name,) in read(folder, columns)][:7] == [
        *("region_code", "quarter", "department_code", "department_name", "sample_count"),
        *("efficiency_rate_pct", "satisfaction_rate_pct"),
    ]
    assert read(
        folder, "select region_code, sample_count, efficiency_rate_pct, satisfaction_rate_pct from department_quarters"
    ) == [
        ("330109", 0, 90, 90),
        ("330109", 10, 91, 91),
        ("330110", 0, None, 90),
        ("330110", 10, None, 91),
    ]
    comment = "select comment from duckdb_columns() where column_name = 'efficiency_rate_pct'"
    assert read(folder, comment)[0][0].startswith("办理效率 比率（%） · 办理效率: ")


def test_of_two_revisions_of_one_content_the_one_that_somebody_named_is_told(tmp_path: Path, folder: Path) -> None:
    """r3 may have gone back to the figures of r1: what is served is the same, who is told of it wants to know which."""
    releases = tmp_path / "releases"
    first = make_release(releases)
    path = make_release(releases, revision=3).folder / "release.json"
    write_json(path, {**read_json(path), "content_hash": first.content_hash})
    serve(folder, [first])
    assert [told.revision for told in readers.served(folder, releases)] == [3]
    journal.append(releases, Decision("rolled_back", "330109", "2018Q1", 1, "值班长", details={"instead_of": "r3"}))
    assert [told.revision for told in readers.served(folder, releases)] == [1]


def test_results_of_failed_runs_wait_and_join_when_something_new_is_released(tmp_path: Path, folder: Path) -> None:
    checks = tmp_path / "checks"

    def serve_with_checks(*releases: Release) -> ServeReport:
        found = inventory_of(releases[-1:], releases)
        return serving_module.serve(found, serving=folder, memory_limit="1GB", checks=checks)

    def seen() -> list[Any]:
        return read(folder, "select run_id, revision, gate, check_id, outcome from check_results order by all")

    first = make_release(tmp_path / "releases")
    serve_with_checks(first)
    released = seen()
    failing = replace(WARNING, check_id="departments_complete", severity="fail")
    # both gates of the run that was stopped; one that passed and released nothing new has nothing to tell
    CheckReport("run-2", "delivery", "330109", "2018Q1", (replace(PASS, gate="delivery"),)).write(checks / "run-2")
    CheckReport("run-2", "marts", "330109", "2018Q1", (failing,)).write(checks / "run-2")
    CheckReport("run-3", "marts", "330109", "2018Q1", (PASS,)).write(checks / "run-3")
    CheckReport("run-2", "marts", "330110", "2018Q1", (PASS,)).write(checks / "run-2")
    before = (serve_with_checks(first).version, tree_of(folder))
    assert (serve_with_checks(first).version, tree_of(folder)) == before
    assert seen() == released, "no version for results alone"
    second = make_release(tmp_path / "releases", revision=2, marker="b", released_at="2018-05-01T06:00:00+00:00")
    serve_with_checks(first, second)
    joined = [row for row in seen() if row[1] is None]
    assert joined == [
        ("run-2", None, "delivery", "shares_sum_to_100", "pass"),
        ("run-2", None, "marts", "departments_complete", "fail"),
    ]


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_dimension_row_of_several_releases_is_that_of_the_newest(
    tmp_path: Path, folder: Path, newest_first: bool
) -> None:
    """A correction of an early quarter may be newer than the release of a later one."""
    old = make_release(tmp_path / "releases", quarter="2018Q2", names={"d0": "旧名", "d9": "只在旧"})
    new = make_release(
        tmp_path / "releases", revision=2, released_at="2018-09-01T06:00:00+00:00", names={"d0": "新名", "d8": "只在新"}
    )
    serve(folder, [new, old] if newest_first else [old, new])
    assert read(folder, "from departments order by all") == [("d0", "新名"), ("d8", "只在新"), ("d9", "只在旧")]


def test_the_same_releases_again_change_no_byte_and_serve_nothing_new(tmp_path: Path, folder: Path) -> None:
    release = make_release(tmp_path / "releases")
    first = serve(folder, [release])
    before, file = tree_of(folder), (folder / "marts.duckdb").stat()
    second = serve(folder, [release])
    assert tree_of(folder) == before
    assert (folder / "marts.duckdb").stat().st_ino == file.st_ino, "not even assembled again"
    assert (second.version, second.newly_served) == (first.version, ())


def test_only_what_was_not_served_before_is_newly_served(tmp_path: Path, folder: Path) -> None:
    kept, first = make_release(tmp_path / "releases", region="330108"), make_release(tmp_path / "releases")
    serve(folder, [kept, first])
    corrected = make_release(tmp_path / "releases", revision=2, marker="right")
    assert serve(folder, [kept, corrected], [kept, first, corrected]).newly_served == (corrected,)


@pytest.mark.parametrize("lost", ["marts.duckdb", "callback_survey.duckdb", "parquet", "current"])
def test_what_is_missing_is_made_again(tmp_path: Path, folder: Path, lost: str) -> None:
    release = make_release(tmp_path / "releases")
    serve(folder, [release])
    (folder / lost).unlink()
    serve(folder, [release])
    assert read(folder, "select count(*) from department_rates") == [(3,)]
    assert (folder / "parquet" / "department_rates").is_dir()


def test_marts_that_do_not_hold_what_was_released_are_not_served(tmp_path: Path, folder: Path) -> None:
    good = make_release(tmp_path / "releases", marker="good")
    serve(folder, [good])
    before = tree_of(folder)
    bad = make_release(tmp_path / "releases", revision=2, marker="bad")
    bad.tables["department_rates"]["row_count"] = 4
    with pytest.raises(SurveyError, match="the served file was not changed") as refused:
        serve(folder, [bad], [good, bad])
    assert "{'330109|2018Q1': 4}, found {'330109|2018Q1': 3}" in str(refused.value)
    served = {name: content for name, content in tree_of(folder).items() if not name.startswith("versions/.")}
    assert served == before
    assert read(folder, "select distinct marker from department_rates") == [("good",)]


def test_what_a_failed_or_killed_assembly_left_is_swept_by_the_next(tmp_path: Path, folder: Path) -> None:
    leftover = folder / "versions" / ".0123-99"
    leftover.mkdir(parents=True)
    (leftover / "marts.duckdb").write_text("half", encoding="utf-8")
    report = serve(folder, [make_release(tmp_path / "releases")])
    assert [path.name for path in (folder / "versions").iterdir()] == [report.version]


def test_the_version_before_stays_and_older_ones_go(tmp_path: Path, folder: Path) -> None:
    versions = []
    for revision in (1, 2, 3):
        release = make_release(tmp_path / "releases", revision=revision, marker=f"m{revision}")
        versions.append(serve(folder, [release]).version)
        kept = {path.name for path in (folder / "versions").iterdir()}
        assert kept == set(versions[-2:])


def test_an_open_reader_keeps_the_version_it_opened(tmp_path: Path, folder: Path) -> None:
    serve(folder, [make_release(tmp_path / "releases", marker="old")])
    with duckdb.connect(str((folder / "marts.duckdb").resolve()), read_only=True) as reader:
        for revision in (2, 3, 4):
            serve(folder, [make_release(tmp_path / "releases", revision=revision, marker=f"m{revision}")])
        assert reader.execute("select distinct marker from department_rates").fetchall() == [("old",)]
    assert read(folder, "select distinct marker from department_rates") == [("m4",)]


def test_a_reader_that_lists_parquet_files_still_finds_them_after_one_switch(tmp_path: Path, folder: Path) -> None:
    serve(folder, [make_release(tmp_path / "releases", marker="old")])
    listed = sorted((folder / "parquet").resolve().glob("department_rates/*.parquet"))
    serve(folder, [make_release(tmp_path / "releases", revision=2, marker="new")])
    assert duckdb.execute(f"select distinct marker from '{listed[0]}'").fetchall() == [("old",)]


# A BI tool in a process of its own: opens the served file again and again until told to stop, and tells what it saw.
READER = """
import select, sys
import duckdb
seen = None
while not select.select([sys.stdin], [], [], 0)[0]:
    with duckdb.connect(sys.argv[1] + "/marts.duckdb", read_only=True) as connection:
        markers = connection.execute("select distinct marker from department_rates").fetchall()
        markers += connection.execute("select note from notes").fetchall()
    if len(markers) != 2 or len(set(markers)) != 1:
        sys.exit(f"a mixture of versions: {markers}")
    if markers[0] != seen:
        seen = markers[0]
        print(seen[0], flush=True)
"""


def test_a_reader_during_many_switches_always_sees_exactly_one_version(tmp_path: Path, folder: Path) -> None:
    def release(number: int) -> Release:
        keys = "select '330109' as region_code, '2018Q1' as quarter"
        tables = {
            "department_rates": f"{keys}, 'd' || i as department_code, 'm{number}' as marker from range(3) t(i)",
            "notes": f"{keys}, 'm{number}' as note",
        }
        return make_release(tmp_path / "releases", revision=number, marker=f"m{number}", tables=tables)

    releases = [release(number) for number in range(1, 16)]
    serve(folder, releases[:1])
    command = [sys.executable, "-c", READER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None and reader.stdout is not None
        seen = [reader.stdout.readline()]
        for current in releases[1:]:
            serve(folder, [current])
        while seen[-1] not in ("m15\n", ""):
            seen.append(reader.stdout.readline())
        reader.stdin.close()
    assert reader.returncode == 0, "the reader always found one whole version"
    order = [int(marker[1:]) for marker in seen]
    assert order[0] == 1
    assert order == sorted(order), "never a version before one already seen"


def marked(expression: str) -> Rollups:
    """A roll-up of one row, with a step on the way to it."""
    columns = (("mark", "varchar", "What the releases are marked with; it's a test."),)
    released, step, made = (
        f'"warehouse".{name}' for name in ("marts.department_rates", "rollups.markers", "rollups.marks")
    )
    query = f"select {expression} as mark from {step}"
    return Rollups(
        (Input("department_rates", released, (("marker", "string"), ("never_released", "bigint"))),),
        (
            Rollup("markers", step, f"select marker from {released} where never_released is null", "A step."),
            Rollup("marks", made, query, "One row.", ("mark",), ("mark",), columns),
        ),
    )


def test_a_rollup_is_made_of_all_served_releases_and_described_as_they_are(tmp_path: Path, folder: Path) -> None:
    releases = [
        make_release(tmp_path / "releases", marker="a"),
        make_release(tmp_path / "releases", region="330110", marker="b"),
    ]
    rollups = marked("string_agg(distinct marker, '')")
    serving_module.serve(inventory_of(releases), serving=folder, memory_limit="1GB", rollups=rollups)
    assert sorted(read(folder, "from marks")[0][0]) == ["a", "b"]
    assert read(folder, "select comment from duckdb_tables() where table_name = 'marks'") == [("One row.",)]
    described = "select comment from duckdb_columns() where table_name = 'marks'"
    assert read(folder, described) == [("What the releases are marked with; it's a test.",)]
    names = sorted(path.name for path in (folder / "parquet").iterdir())
    assert "marks" in names and "markers" not in names, "a step on the way is not served"


def test_a_changed_rollup_is_served_at_once_though_no_release_is_new(tmp_path: Path, folder: Path) -> None:
    release = make_release(tmp_path / "releases", marker="a")
    versions = []
    for expression in ("max(marker)", "max(marker)", "max(marker || '!')"):
        report = serving_module.serve(
            inventory_of([release]), serving=folder, memory_limit="1GB", rollups=marked(expression)
        )
        versions.append(report.version)
    assert versions[0] == versions[1] != versions[2]
    assert report.newly_served == ()
    assert read(folder, "from marks") == [("a!",)]


CASES = PublishedTable("case_outcomes", ("case_token",), ("case_token",), "region_quarter", "", {})


def test_a_restricted_partition_is_kept_when_equal_and_replaced_when_not(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; create table marts.case_outcomes (region_code text, quarter text, case_token text)"
        )
        connection.execute(
            "insert into marts.case_outcomes select '330109', '2018Q1', sha256(i::text) from range(9999) t(i)"
        )
        connection.execute(
            "insert into marts.case_outcomes values ('330110', '2018Q1', 'x'), ('330109', '2018Q2', 'x')"
        )

        def export() -> Path:
            export_restricted(connection, [CASES], folder, Scope("330109", "2018Q1"))
            (path,) = folder.rglob("*.parquet")
            return path

        path = export()
        assert path.relative_to(folder).parts[0] == "case_outcomes"
        assert path.parent.relative_to(folder).parts[1:] == ("region_code=330109", "quarter=2018Q1")
        before = path.stat()
        assert (export().stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        connection.execute("insert into marts.case_outcomes values ('330109', '2018Q1', 'new')")
        assert export().stat().st_ino != before.st_ino
    assert duckdb.execute(f"select count(*) from read_parquet('{path}', hive_partitioning = false)").fetchone() == (
        10_000,
    )
