"""What a run ends with is read from the served file, and says everything in plain lines."""

from __future__ import annotations

import contextvars
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from callback_survey import releases as releases_module
from callback_survey.cli import language, summary
from callback_survey.landing import FileRecord, LandingReport, ledger
from callback_survey.progress import Event
from callback_survey.releases import Inventory, Release, journal
from callback_survey.releases.journal import Decision
from callback_survey.scope import Scope
from callback_survey.serving import serve, tables
from callback_survey.serving.declared import ServedTable
from callback_survey.settings import Settings
from callback_survey.storage import files
from published import make_release

KEYS = "'330109' as region_code, '2018Q1' as quarter"
RATES = f"""
    select {KEYS}, measure, code as department_code, name as department_name, rate_pct::decimal(5, 2) as rate_pct,
        sample_count, valid_frame_count, if(name = '区招管办', 'not_rated', 'rankable') as reliability
    from (values
        ('satisfaction', 'd1', '区档案局', 100.00, 10, 1200), ('satisfaction', 'd2', '区教育局', 33.33, 5, 9),
        ('satisfaction', 'd3', '区旅游局', null, 0, 4), ('satisfaction', 'd4', '区民政局', 33.33, 7, 90),
        ('satisfaction', 'd5', '区招管办', 33.33, 3, 90),
        ('realisation', 'd1', '区档案局', 90.00, 10, 1200)
    ) t (measure, code, name, rate_pct, sample_count, valid_frame_count)
"""
TABLES = {
    "regions": "select '330109' as region_code, '萧山区' as region_name",
    "measures": "from (values ('realisation', '实现率', 2), ('satisfaction', '满意率', 1)) t (measure, measure_name, measure_order)",
    "region_rates": f"""
        select {KEYS}, measure, average_pct, 3 as rated_department_count, below_average_count, benchmark_pct, benchmark_label,
            gap as gap_to_benchmark_pct, significant as significantly_below_count
        from (values
            ('realisation', 90.00, 0, null, null, null, null), ('satisfaction', 66.67, 3, 94.70, '2017年全省平均满意率', -28.03, 2)
        ) t (measure, average_pct, below_average_count, benchmark_pct, benchmark_label, gap, significant)
    """,
    "below_average": f"""
        select {KEYS}, 'satisfaction' as measure, position as list_position, name as department_name, 33.33 as rate_pct,
            beyond as is_significantly_below, truly as is_significantly_below_superpopulation,
            if(name = '区招管办', 'not_rated', 'rankable') as reliability
        from (values (2, '区招管办', false, false), (3, '区教育局', true, false), (1, '区民政局', true, true))
            t (position, name, beyond, truly)
    """,
    "department_rates": RATES,
    "finding_codes": "from (values ('few', '作答人数过少'), ('spaces', '名称夹有空格')) t (finding_code, title)",
    "findings": f"select {KEYS}, code as finding_code from (values ('spaces'), ('few'), ('spaces')) t (code)",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path, tmp_path, "1GB", (), None, None)


@pytest.fixture
def show(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Serves the tables above and returns the lines of the summary."""
    monkeypatch.chdir(settings.home)

    def lines(data_note: str | None = None, revision: int = 1) -> list[str]:
        release = replace(make_release(settings.releases, revision=revision, tables=TABLES), data_note=data_note)
        for table in release.tables.values():
            # a table of one row per measure or department has a longer key than the helper's
            table["key"] = table["order_by"] = ["all_columns"]
        monkeypatch.setattr(tables, "write_table", plain_table)
        serve.serve(Inventory((release,), (release,), {}, {}), serving=settings.serving, memory_limit="1GB")
        text = io.StringIO()
        summary.show_quarter(Console(file=text, width=160, highlight=False), settings, Scope("330109", "2018Q1"))
        return text.getvalue().splitlines()

    def plain_table(connection: duckdb.DuckDBPyConnection, name: str, served: list[Release]) -> ServedTable:
        connection.execute(f"create table {name} as from '{served[0].folder}/marts/{name}.parquet'")
        return ServedTable(name, (), ("all",), "", {})

    return lines


def test_each_measure_has_its_average_beside_the_province_and_its_list_in_order(show: Callable[..., list[str]]) -> None:
    lines = show()
    assert "满意率  平均 66.67   2017年全省平均满意率 94.70   差距 -28.03" in lines
    assert "低于平均 3 个（共 3 个有结果的部门）：区民政局、区招管办、区教育局" in lines
    assert "  超出抽样误差的 2 个（仅就本季度办件）：区民政局、区教育局" in lines
    assert "  按部门水平仍低于平均的 1 个：区民政局" in lines
    assert "  有效回答过少，不作检验的 1 个：区招管办" in lines
    assert "实现率  平均 90.00" in lines
    assert "低于平均 0 个（共 3 个有结果的部门）：无" in lines
    # nothing is tested where the counts are not known
    assert sum("超出抽样误差" in line for line in lines) == 1
    assert "数据提示  3 条：名称夹有空格 2，作答人数过少 1" in lines
    assert lines.index("实现率  平均 90.00") > lines.index(
        "满意率  平均 66.67   2017年全省平均满意率 94.70   差距 -28.03"
    )


def test_many_regions_get_a_line_each(
    show: Callable[..., list[str]], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    show("数据为重建")
    monkeypatch.setattr(summary, "_IN_FULL", 0)
    text = io.StringIO()
    summary.show(Console(file=text, width=160, highlight=False), settings, "2018Q1", ["330109"])
    lines = [line.split() for line in text.getvalue().splitlines()]
    assert ["数据为重建（1", "个地区）"] in lines
    start = lines.index(["地区", "满意率", "低于平均", "实现率", "低于平均", "提醒", "版本"])
    assert lines[start + 1] == ["330109", "萧山区", "66.67", "3", "90.00", "0", "1", "r1"]
    assert any(line[-4:] == ["--quarter", "2018Q1", "--region", "330109"] for line in lines)
    assert ["releases", "releases"] in lines
    assert not [line for line in lines if "postgres" in line]


def test_a_line_says_in_words_and_not_by_colour_that_an_earlier_revision_is_served(
    show: Callable[..., list[str]], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    show()
    (first,) = releases_module.revisions(settings.releases, Scope("330109", "2018Q1"))
    second = make_release(settings.releases, revision=2, tables=TABLES)
    serve.serve(Inventory((first, second), (first,), {}, {}), serving=settings.serving, memory_limit="1GB")
    monkeypatch.setattr(summary, "_IN_FULL", 0)
    text = io.StringIO()
    with_postgres = replace(settings, postgres_url="postgresql://publisher:secret@127.0.0.1:5432/survey")
    summary.show(Console(file=text, width=160, highlight=False), with_postgres, "2018Q1", ["330109"])
    assert any(line.rstrip().endswith("r1（最新为r2）") for line in text.getvalue().splitlines())
    assert "postgres" in text.getvalue() and "secret" not in text.getvalue()


def test_regions_that_fit_on_a_screen_are_told_in_full(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Scope] = []
    monkeypatch.setattr(summary, "show_quarter", lambda console, settings, scope: told.append(scope))
    summary.show(Console(file=io.StringIO()), settings, "2018Q1", ["330109", "510107"])
    assert told == [Scope("330109", "2018Q1"), Scope("510107", "2018Q1")]


def test_the_lowest_departments_stand_with_their_counts_and_unrated_ones_do_not(show: Callable[..., list[str]]) -> None:
    lines = [line.split() for line in show()]
    start = lines.index(["最低的部门", "满意率", "抽样", "有效样本框"])
    assert lines[start + 1 : start + 4] == [
        ["区教育局", "33.33", "5", "9"],
        ["区民政局", "33.33", "7", "90"],
        ["区档案局", "100.00", "10", "1,200"],
    ]
    assert not any("区旅游局" in line for line in lines)


def test_checks_are_counted_and_warnings_told_with_their_examples(show: Callable[..., list[str]]) -> None:
    lines = show()
    start = lines.index("Checks  2: 1 passed, 1 warned, 0 had nothing to compare")
    assert lines[start + 1 : start + 3] == [
        "  warn reconciliation_exact: 1 of 68 rows; allowed: equal",
        "       区教育局: 97.56",
    ]


def test_places_are_paths_to_copy(show: Callable[..., list[str]], settings: Settings) -> None:
    lines = show(revision=3)
    start = lines.index("Files")
    assert [line.split() for line in lines[start + 1 : start + 5]] == [
        ["marts", "serving/marts.duckdb"],
        ["parquet", "serving/parquet"],
        ["release", "releases/330109/2018Q1/r3"],
        ["notice", "releases/330109/2018Q1/r3/notice/notice.html"],
    ]


def test_a_notice_that_is_not_made_yet_is_no_path(show: Callable[..., list[str]], settings: Settings) -> None:
    show(revision=3)
    path = settings.releases / "330109" / "2018Q1" / "r3" / "release.json"
    files.write_json(path, {**files.read_json(path), "files": {"dictionary.csv": "0" * 64}})
    text = io.StringIO()
    summary.show_quarter(Console(file=text, width=160, highlight=False), settings, Scope("330109", "2018Q1"))
    assert "  notice   not made yet: run the quarter again" in text.getvalue().splitlines()


@pytest.mark.parametrize("note", ["数据为重建，并非原始记录", "见附件[/1]，[red]样例[号码]"])
def test_what_the_sender_says_of_the_data_is_shown_as_it_is(show: Callable[..., list[str]], note: str) -> None:
    assert note in show(note)
    assert note not in show(None, revision=2)


def test_each_file_is_told_with_what_was_made_of_it(show: Callable[..., list[str]], settings: Settings) -> None:
    files = (
        FileRecord("book.xlsx#frame[/x]", "frame", "0123456789abcdef", "workbook", 3, 1200, 1195, 5, (), (), (1204,)),
        FileRecord("calls.csv.gz", "calls", "f" * 64, "gb18030", 1, 60, 60, 0, (), ("受理渠道", "[red]备注2")),
    )
    remarks = ("book.xlsx: hidden sheet「[旧]」was not read",)
    landed = LandingReport("330109", "2018Q1", "delivery-1", "exports", "", "run-1", "key", files, {}, None, remarks)
    ledger.record(settings.lake, landed)
    ledger.make_current(settings.lake, landed, run_id="run-1")
    lines = show()
    start = lines.index("330109 2018Q1 delivery-1  from exports")
    assert lines[start + 1 : start + 4] == [
        "  book.xlsx#frame[/x]: frame, 1,200 read, 5 rejected; sha256 0123456789ab…; workbook, header on line 3; "
        "lines below the table: 1",
        "  calls.csv.gz: calls, 60 read, 0 rejected; sha256 ffffffffffff…; gb18030, header on line 1; "
        "columns not kept: 受理渠道、[red]备注2",
        "  book.xlsx: hidden sheet「[旧]」was not read",
    ]


def test_a_release_whose_delivery_the_lake_no_longer_holds_is_shown_without_files(
    show: Callable[..., list[str]],
) -> None:
    assert not [line for line in show() if "sha256" in line]


def test_a_rollback_is_told_where_the_figures_are_read(show: Callable[..., list[str]], settings: Settings) -> None:
    make_release(settings.releases, revision=2)
    decision = Decision(
        "rolled_back",
        "330109",
        "2018Q1",
        1,
        "值班长",
        "交付[有误]",
        "2018-06-07T01:00:00+00:00",
        "run-1",
        {"instead_of": "r2"},
    )
    journal.append(settings.releases, decision)
    assert "r1 is served instead of r2, rolled back by 值班长, 2018-06-07 09:00:00: 交付[有误]" in show()


def test_the_summary_is_plain_without_a_terminal(show: Callable[..., list[str]]) -> None:
    assert "\x1b" not in "".join(show("样例"))


def test_times_are_added_up_by_step() -> None:
    def event(step: str, state: str, seconds: float) -> Event:
        return Event("", "run-1", step, "", state, "", seconds)

    text = io.StringIO()
    events = [
        event("land", "done", 1.0),
        event("land", "said", 9.0),
        event("land", "failed", 0.5),
        event("build", "done", 3),
    ]
    summary.show_times(Console(file=text, width=160), events)
    assert text.getvalue() == "\nTime  land 1.5 s, build 3.0 s\n"


def test_steps_are_named_in_the_language_of_the_run() -> None:
    text = io.StringIO()
    events = [
        Event("", "run-1", step, "", "done", "", 1.0) for step in ("discover", "land", "gate 1", "build", "serve")
    ]
    console = Console(file=text, width=160)
    context = contextvars.copy_context()
    context.run(language.choose, "zh")
    context.run(summary.show_times, console, events)
    assert text.getvalue() == "\n用时  查找交付 1.0 s，接收 1.0 s，第一关 1.0 s，计算 1.0 s，对外提供 1.0 s\n"
