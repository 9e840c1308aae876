"""What a reader finds after a run through Airflow: tables with descriptions, the release beside them, the summary."""

from __future__ import annotations

import hashlib
import json
import re

import duckdb
import frictionless

from homes import QUARTER, REGION, Served, contents

# Made of the released tables while serving is assembled
MADE_WHILE_SERVING = {
    *("releases", "check_results"),
    *("region_rollups", "department_rolling_rates", "region_rolling_rates", "region_rankings", "current_departments"),
    "department_quarters",
}
PUBLIC_TABLES = {
    "annex_realisation",
    "annex_satisfaction",
    "annexes",
    "assessment_contributions",
    "assessment_points",
    "below_average",
    "call_outcomes",
    "check_results",
    "current_departments",
    "department_answers",
    "department_quarters",
    "department_rates",
    "department_rolling_rates",
    "department_successions",
    "departments",
    "disclosure_rules",
    "footnotes",
    "finding_codes",
    "findings",
    "inference_settings",
    "measure_definitions",
    "measures",
    "quarters",
    "reconciliation",
    "region_rankings",
    "region_call_outcomes",
    "region_rates",
    "region_rolling_rates",
    "region_rollups",
    "regions",
    "releases",
}


def test_the_served_file_holds_the_public_tables_and_no_other(served: Served) -> None:
    tables = served.home.query("select schema_name, table_name from duckdb_tables()")
    assert set(tables) == {("main", name) for name in PUBLIC_TABLES}
    empty = {name for name in PUBLIC_TABLES if served.home.query(f"select count(*) from {name}") == [(0,)]}
    # in the first quarter no department had taken over from another
    assert empty == {"department_successions"}


def test_every_table_and_column_is_described_in_english_and_has_a_chinese_label(served: Served) -> None:
    described = """
        select table_name, column_name, comment from duckdb_columns() where not internal
        union all select table_name, null, comment from duckdb_tables()
    """
    # the label, which is Chinese but for the signs of statistics, and then what it means
    said = re.compile("[^·]*[\u4e00-\u9fff][^·]* · .{3}")
    assert [row for row in served.home.query(described) if not said.match(row[2] or "")] == []


def test_every_table_declares_its_key_and_facts_refer_to_what_they_are_about(served: Served) -> None:
    keyed = "select table_name from duckdb_constraints() where constraint_type in ('PRIMARY KEY', 'UNIQUE')"
    assert {name for (name,) in served.home.query(keyed)} == PUBLIC_TABLES
    referring = (
        "select distinct table_name, referenced_table from duckdb_constraints() where constraint_type = 'FOREIGN KEY'"
    )
    found = set(served.home.query(referring))
    for table, other in (
        *(
            ("department_rates", name)
            for name in ("regions", "quarters", "measures", "departments", "current_departments")
        ),
        *(("findings", "finding_codes"), ("check_results", "releases"), ("region_rankings", "regions")),
    ):
        assert (table, other) in found


def test_a_release_reads_as_its_data_package_and_its_contract_say(served: Served) -> None:
    """Every row of every table, its keys and what they refer to, by a program that knows nothing of this package."""
    release = served.home.revisions / "r1"
    report = frictionless.validate(str(release / "datapackage.json"))
    assert (report.valid, report.stats["tasks"]) == (True, len(PUBLIC_TABLES - MADE_WHILE_SERVING)), report.to_summary()
    contract = (release / "contract.odcs.yaml").read_text(encoding="utf-8")
    assert "businessName: 部门比率" in contract and "type: foreignKey" in contract


def test_tables_resolve_under_the_name_marts_when_opened_and_when_attached(served: Served) -> None:
    counted = "select count(*) from marts.department_rates"
    assert served.home.query(counted) == [(70,)]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{served.home.serving / 'marts.duckdb'}' as marts (read_only)")
        assert connection.execute(counted).fetchall() == [(70,)]


def test_served_parquet_has_the_rows_of_the_served_file(served: Served) -> None:
    folders = {path.name for path in (served.home.serving / "parquet").iterdir()}
    assert folders == PUBLIC_TABLES
    for name in sorted(PUBLIC_TABLES):
        files = served.home.serving / "parquet" / name / "*.parquet"
        assert served.home.query(f"select count(*) from (from '{files}' except all from main.{name})") == [(0,)], name
        assert served.home.query(f"select count(*) from (from main.{name} except all from '{files}')") == [(0,)], name


def test_the_release_is_the_first_and_says_what_it_was_made_of(served: Served) -> None:
    [row] = served.home.query("select revision, is_served, reason, content_hash, run_id, data_note from releases")
    document = json.loads((served.home.revisions / "r1" / "release.json").read_text(encoding="utf-8"))
    assert row[:3] == (1, True, "first release")
    assert row[3:5] == (document["content_hash"], document["run_id"])
    assert "重建的样例" in row[5]
    sent = json.loads((served.home.exports / REGION / QUARTER / "manifest.json").read_text(encoding="utf-8"))
    assert document["input_files"] == {file["name"]: file["sha256"] for file in sent["files"]}


def test_files_of_the_release_are_those_its_document_names(served: Served) -> None:
    folder = served.home.revisions / "r1"
    document = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    for kind, below in (("parquet", "marts"), ("csv", "csv")):
        found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / below).iterdir()}
        assert found == {name: table[f"{kind}_sha256"] for name, table in document["tables"].items()}
    assert set(document["tables"]) == PUBLIC_TABLES - MADE_WHILE_SERVING
    every = {name: digest for name, digest in contents(folder).items() if name not in ("release.json", "SHA256SUMS")}
    documents = {name for name in every if name.startswith("notice/")}
    assert document["files"] == {name: digest for name, digest in every.items() if name not in documents}
    assert {"dictionary.csv", "csv/department_rates.csv"} < set(every) and "notice/notice.html" in documents
    listed = [line.split("  ") for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    assert {name: digest for digest, name in listed if name != "release.json"} == every
    assert {name for _, name in listed[-len(documents) :]} == documents, (
        "frozen after the tables, they stand behind them"
    )


def test_csv_begins_with_a_byte_order_mark_and_holds_the_chinese_names(served: Served) -> None:
    files = sorted((served.home.revisions / "r1" / "csv").iterdir())
    assert files
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in files)
    assert not any(path.read_bytes().startswith(b"\xef\xbb\xbf\xef\xbb\xbf") for path in files)
    rates = (served.home.revisions / "r1" / "csv" / "department_rates.csv").read_text(encoding="utf-8-sig")
    assert rates.startswith("region_code,") and "区公安分局（出入境）" in rates


def test_check_results_of_both_gates_are_served_and_stand_in_the_release(served: Served) -> None:
    served_checks = served.home.query("select gate, check_id, severity, outcome, observed, allowed from check_results")
    assert {gate for gate, *_ in served_checks} == {"delivery", "marts"}
    assert all(observed and allowed for *_, observed, allowed in served_checks)
    assert [check for check in served_checks if check[2] == "fail" and check[3] not in ("pass", "skipped")] == []
    outcomes = {check_id: outcome for _, check_id, _, outcome, *_ in served_checks}
    for gate_check in (
        "sample_within_frame_rows",
        "called_cases_in_frame",
        "sample_within_frame",
        "average_recomputed",
    ):
        assert outcomes[gate_check] == "pass"
    reports = [json.loads(path.read_text("utf-8")) for path in (served.home.revisions / "r1" / "checks").iterdir()]
    frozen = {(report["gate"], result["check_id"]) for report in reports for result in report["results"]}
    assert frozen == {(gate, check_id) for gate, check_id, *_ in served_checks}


def test_case_outcomes_are_restricted_and_in_no_release(served: Served) -> None:
    partition = served.home.serving / "restricted" / "case_outcomes" / f"region_code={REGION}" / f"quarter={QUARTER}"
    with duckdb.connect() as connection:
        found = connection.execute(
            "select count(*), count(distinct case_token), bool_and(regexp_full_match(case_token, '[0-9a-f]{8}:[0-9a-f]{64}')) "
            f"from read_parquet('{partition}/*.parquet', hive_partitioning = false)"
        ).fetchall()
    assert found == [(3668, 3668, True)]
    elsewhere = [
        path
        for folder in (served.home.path / "releases", served.home.serving / "versions")
        for path in folder.rglob("*case_outcomes*")
    ]
    assert elsewhere == []
    assert served.home.query("select column_name from duckdb_columns() where column_name like '%token%'") == []


def test_the_ledger_accounts_for_every_row_that_was_read(served: Served) -> None:
    folder = served.home.path / "lake" / "ledger" / f"region={REGION}" / f"quarter={QUARTER}"
    current = json.loads((folder / "current.json").read_text(encoding="utf-8"))["delivery_id"]
    files = json.loads((folder / f"{current}.json").read_text(encoding="utf-8"))["files"]
    sent = json.loads((served.home.exports / REGION / QUARTER / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {file["name"]: file["read_count"] for file in files} == {file["name"]: file["rows"] for file in sent}
    for file in files:
        assert file["read_count"] == file["accepted_count"] + file["rejected_count"], file["name"]
    with duckdb.connect() as connection:
        for dataset in ("frame", "calls", "published"):
            landed = f"{served.home.path}/lake/raw/{dataset}/*/*/*.parquet"
            stored = connection.execute(f"select count(*) from read_parquet('{landed}')").fetchall()
            assert stored == [(sum(file["accepted_count"] for file in files if file["dataset"] == dataset),)]


def test_the_notice_stands_in_the_release_and_fetches_nothing(served: Served) -> None:
    html = (served.home.revisions / "r1" / "notice" / "notice.html").read_text(encoding="utf-8")
    assert "94.77" in html and "92.53" in html and "区民政局" in html and "区教育局" in html
    assert re.findall(r"https?://|@import|<script[^>]+src|<link|url\(\s*['\"]?(?!data:)", html) == []


def test_the_run_ends_with_a_summary_of_figures_checks_places_and_times(served: Served) -> None:
    said = served.outcome.out
    for expected in (
        "满意率  平均 94.77   2017年全省平均满意率 94.70",
        "实现率  平均 92.53   2017年全省平均实现率 87.90",
        "低于平均 14 个（共 34 个有结果的部门）：区商务局、国土萧山分局、",
        "低于平均 13 个（共 34 个有结果的部门）：区烟草专卖局、区招管办、",
        "warn reconciliation_exact",
        str(served.home.serving / "marts.duckdb"),
        str(served.home.revisions / "r1" / "notice" / "notice.html"),
    ):
        assert expected in said
    steps = ["discover", "land", "gate 1", "build", "gate 2", "release", "serve", "documents"]
    assert re.findall(r"(?m)^✔ (\w+(?: \d)?)\s", said) == ["prepare", *steps]
    assert re.findall(r"(\w+(?: \d)?) \d+\.\d s", said.rpartition("Time")[2]) == steps
