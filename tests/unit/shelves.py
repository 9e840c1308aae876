"""A home as Airflow's pages find it: releases made by hand, what is served of them, decisions, checks, an issued notice."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from published import PASS, WARNING, make_release

from callback_survey import files, journal
from callback_survey.checks.model import CheckReport, CheckResult
from callback_survey.journal import Entry

SECRET = "13800000000 of one case"
NOTICE = '<!DOCTYPE html><html lang="zh-CN"><title>通报</title><h1>2018年第一季度通报</h1></html>'
EXPLORE = "<!DOCTYPE html><title>交互图</title><script>1</script>"
FAILURE = CheckResult("marts", "marts", "sample_within_frame", "Expect", "fail", "fail", "1 of 2 rows", "none", ())
_MEASURES = "measure,measure_name,measure_order\r\nsatisfaction,满意率,1\r\n"
_RATES = (
    "measure,average_pct,benchmark_pct,benchmark_label,rated_department_count,below_average_count,"
    "significantly_below_count,significantly_below_count_superpopulation,lowest_department_name\r\n"
    "satisfaction,94.77,94.70,全省平均,34,14,6,3,区民政局\r\n"
)


def make_home(home: Path) -> Path:
    """330109 2018Q1 with r1 and r2 (served) and an issued r1, 2018Q2 not yet served, 330110 2018Q1 served."""
    releases = home / "releases"
    for revision in (1, 2):
        _with_documents(make_release(releases, revision=revision, marker=str(revision)).folder)
    make_release(releases, quarter="2018Q2")
    make_release(releases, region="330110", marker="b")
    _correct(releases / "330109" / "2018Q1" / "r2")
    shown = [("330109|2018Q1", "hash-330109-2018Q1-2-2"), ("330110|2018Q1", "hash-330110-2018Q1-1-b")]
    version = home / "serving" / "versions" / "v1"
    files.write_json(version / "served.json", shown)
    (home / "serving" / "current").symlink_to("versions/v1")
    journal.append(
        releases, Entry("rejected", "330109", "2018Q1", 2, "值班长", "附件一有误", "2018-06-01T00:00:00+00:00")
    )
    _issue(home / "public" / "330109" / "2018Q1" / "r1")
    CheckReport("dag/run:2", "marts", "330109", "2018Q3", (FAILURE, PASS)).write(home / "checks" / "dag_run_2")
    CheckReport("run-1", "marts", "330109", "2018Q1", (WARNING, PASS)).write(home / "checks" / "run-1")
    for hidden in ("lake/raw/frame.parquet", "warehouse/warehouse.duckdb", "serving/restricted/cases.parquet"):
        (home / hidden).parent.mkdir(parents=True, exist_ok=True)
        (home / hidden).write_text(SECRET)
    return home


def change_release(folder: Path, **values: object) -> None:
    """Change what release.json says."""
    files.write_json(folder / "release.json", {**files.read_json(folder / "release.json"), **values})


def _with_documents(folder: Path) -> None:
    documents = folder / "notice"
    (documents / "charts").mkdir(parents=True)
    (documents / "notice.html").write_text(NOTICE)
    (documents / "notice.pdf").write_bytes(b"%PDF-1.7")
    (documents / "explore.html").write_text(EXPLORE)
    (documents / "charts" / "satisfaction.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    tables = files.read_json(folder / "release.json")["tables"]
    for name, text in (("measures", _MEASURES), ("region_rates", _RATES)):
        content = ("\ufeff" + text).encode()
        (folder / "csv").mkdir(exist_ok=True)
        (folder / "csv" / f"{name}.csv").write_bytes(content)
        tables[name] = {"row_count": 1, "description": name, "csv_sha256": sha256(content).hexdigest()}
    change_release(folder, tables=tables)


def _correct(folder: Path) -> None:
    moved = {
        "department_name": "区<b>民政</b>局",
        "measure": "satisfaction",
        "rate_pct_before": "74.42",
        "rate_pct_after": "75.00",
        "is_below_average_before": True,
        "is_below_average_after": False,
    }
    rows = [{"dataset": "calls", "added_count": 2, "removed_count": 0, "changed_count": 1}]
    change_release(
        folder,
        reason="a corrected delivery and changed rules or registers",
        difference={"against": "330109 2018Q1 r1", "rows": rows, "departments": [moved]},
    )


def _issue(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "notice.html").write_text(NOTICE)
    (folder / "notice.docx").write_bytes(b"changed since")
    hashes = {"notice.html": sha256(NOTICE.encode()).hexdigest(), "notice.docx": sha256(b"as issued").hexdigest()}
    issue = {"number": "萧跑改办〔2018〕5号", "approved_by": "值班长", "files": hashes}
    files.write_json(folder / "issue.json", issue)
    folder.with_name("current").symlink_to(folder.name)
