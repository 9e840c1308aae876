"""The reconstructed quarter and the four invented ones after it: a renamed department, a merged one, and a past that stays."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callback_survey import releases
from callback_survey.serving import grown, rollups
from callback_survey.serving import serve as serving
from callback_survey.storage import files
from homes import QUARTER, REGION, REPOSITORY, Home, Outcome, Served, contents
from served_rows import told

LATER = ("2018Q2", "2018Q3", "2018Q4", "2019Q1")
QUARTERS = (QUARTER, *LATER)
COUNTS = REPOSITORY / "sample_exports/make/inputs/invented_counts.csv"
RENAMED, MERGED, PREDECESSORS = "330109-004", "330109-036", ("330109-008", "330109-035")


@pytest.fixture(scope="module")
def rerun(five_quarters: Served, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, list[Outcome]]:
    """A copy in which the first quarter, which others are compared with, and the last one were run once more."""
    home = five_quarters.home.copy(tmp_path_factory.mktemp("five-again") / "home")
    return home, [home.run_here("run", "--region", REGION, "--quarter", quarter) for quarter in (QUARTER, LATER[-1])]


def counted() -> dict[tuple[str, str, str], tuple[int, int, int, int]]:
    """What the generator was given: frame, sample, answers and successes by quarter, department and measure."""
    found = {}
    with COUNTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            size = int(row["frame"]), int(row["sample"])
            satisfaction = [int(value) for name, value in row.items() if name.endswith("satisfied")]
            visits = [int(row["within_one_visit"]), int(row["two_or_more_visits"])]
            for measure, answers in (("satisfaction", satisfaction), ("realisation", visits)):
                found[row["quarter"], row["department"], measure] = (*size, sum(answers), answers[0])
    return found


def in_warehouse(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.path / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_quarter_is_released_once_and_served(five_quarters: Served) -> None:
    served = five_quarters.home.query("select quarter, revision, is_served from releases order by quarter")
    assert served == [(quarter, 1, True) for quarter in QUARTERS]
    rated = five_quarters.home.query("select distinct quarter from department_rates order by quarter")
    assert [quarter for (quarter,) in rated] == list(QUARTERS)


def test_invented_quarters_say_so_wherever_they_are_shown(five_quarters: Served) -> None:
    notes = dict(five_quarters.home.query("select quarter, data_note from releases"))
    assert all("虚构数据" in notes[quarter] for quarter in LATER) and "虚构" not in notes[QUARTER]
    for quarter in LATER:
        notice = five_quarters.home.path / "releases" / REGION / quarter / "r1" / "notice" / "notice.html"
        assert notes[quarter] in notice.read_text(encoding="utf-8")
        assert notes[quarter] in five_quarters.outcome.out


def test_counts_are_those_the_deliveries_were_made_from(five_quarters: Served) -> None:
    rows = five_quarters.home.query(
        "select quarter, department_name, measure, valid_frame_count, sample_count, answered_count, success_count "
        f"from department_rates where quarter > '{QUARTER}'"
    )
    assert {tuple(row[:3]): tuple(row[3:]) for row in rows} == counted()


def test_what_was_released_of_2018q1_stays_as_it_was(served: Served, five_quarters: Served) -> None:
    released = five_quarters.home.path / "releases" / REGION / QUARTER
    assert contents(released) == contents(served.home.path / "releases" / REGION / QUARTER)


def test_every_served_figure_of_2018q1_stays_as_it_was(served: Served, five_quarters: Served) -> None:
    tables = five_quarters.home.query(
        "select table_name from duckdb_columns() where column_name = 'quarter' order by 1"
    )
    assert len(tables) >= 8
    for (table,) in tables:
        # the name of today is no figure of the quarter
        figures = "columns(c -> c <> 'department_current_name')"
        rows = f"select {figures} from {table} where quarter = '{QUARTER}' order by all"
        before = served.home.query(rows)
        # nothing had been merged yet
        assert before or table == "department_successions", table
        assert five_quarters.home.query(rows) == before, table


def test_a_renamed_department_keeps_its_code_and_its_series(five_quarters: Served) -> None:
    series = five_quarters.home.query(
        "select quarter, department_name, answered_count > 0 from department_rates "
        f"where department_code = '{RENAMED}' and measure = 'satisfaction' order by quarter"
    )
    names = ("区卫计局",) * 3 + ("区卫健局",) * 2
    assert series == [(quarter, name, True) for quarter, name in zip(QUARTERS, names, strict=True)]
    for table in ("department_rates", "department_answers", "department_rolling_rates", "findings"):
        current = f"select distinct department_current_name from {table} where department_code = '{RENAMED}'"
        assert five_quarters.home.query(current) == [("区卫健局",)], "one line of a chart"
    compared = in_warehouse(
        five_quarters.home,
        "select previous_quarter, answered_count from intermediate.int_previous_rates "
        f"where quarter = '2018Q4' and department_code = '{RENAMED}' and measure = 'satisfaction'",
    )
    assert compared == [("2018Q3", counted()["2018Q3", "区卫计局", "satisfaction"][2])]
    breaks = in_warehouse(five_quarters.home, "select department_code from intermediate.int_series_breaks")
    assert (RENAMED,) not in breaks


def test_merged_departments_end_and_a_new_code_begins(five_quarters: Served) -> None:
    codes = (MERGED, *PREDECESSORS)
    found = five_quarters.home.query(
        f"select department_code, min(quarter), max(quarter) from department_rates where department_code in {codes} group by all"
    )
    assert set(found) == {(MERGED, "2019Q1", "2019Q1"), *((code, QUARTER, "2018Q4") for code in PREDECESSORS)}


def test_the_departments_of_now_say_who_took_over(five_quarters: Served) -> None:
    ended = five_quarters.home.query(
        "select department_current_name, last_quarter, successor_code from current_departments where not is_current order by all"
    )
    assert ended == [("区文广新局", "2018Q4", "330109-036"), ("区旅游局", "2018Q4", "330109-036")]


def test_the_series_of_the_merged_department_starts_anew(five_quarters: Served) -> None:
    breaks = in_warehouse(five_quarters.home, "select quarter, department_code from intermediate.int_series_breaks")
    assert breaks == [("2019Q1", MERGED)]
    before = f"select count(*) from intermediate.int_previous_rates where department_code = '{MERGED}'"
    assert in_warehouse(five_quarters.home, before) == [(0,)]


def test_a_former_name_in_an_export_counts_for_the_renamed_department(five_quarters: Served) -> None:
    """That all of them were counted is seen in the frame counts above."""
    with duckdb.connect() as connection:
        landed = f"{five_quarters.home.path}/lake/raw/frame/region={REGION}/quarter=2018Q4/*.parquet"
        former = connection.execute(
            f"select count(*) from read_parquet('{landed}') where department_name = '区卫计局'"
        ).fetchall()
    assert former[0][0] > 0
    told = "select examples from check_results where quarter = '2018Q4' and check_id = 'spellings_known'"
    assert "区卫" not in str(five_quarters.home.query(told))


def test_each_quarter_is_compared_with_the_calendar_quarter_before(five_quarters: Served) -> None:
    folder = five_quarters.home.path / "releases" / REGION
    compared = [json.loads((folder / q / "r1" / "release.json").read_text("utf-8"))["compared_with"] for q in QUARTERS]
    assert compared == [None, *({"quarter": quarter, "revision": 1} for quarter in QUARTERS[:-1])]


def test_the_other_parts_of_the_year_are_unrated_where_nobody_answered(five_quarters: Served) -> None:
    unrated = five_quarters.home.query(
        "select quarter, department_name, measure, sample_count from department_rates "
        "where rate_pct is null and rate_rank is null and is_below_average is null order by all"
    )
    both = ("realisation", "satisfaction")
    assert unrated == sorted(
        [
            *((QUARTER, "区旅游局", measure, 0) for measure in both),
            *(("2018Q3", "区旅游局", measure, 0) for measure in both),
            *(("2018Q3", "区人防办", measure, 0) for measure in both),
            *(("2018Q4", "区人防办", measure, 2) for measure in both),
            ("2018Q4", "区气象局", "realisation", counted()["2018Q4", "区气象局", "realisation"][1]),
        ]
    )


def test_the_warnings_are_the_planted_names_the_planted_fall_and_how_small_the_quarters_are(
    five_quarters: Served,
) -> None:
    told = five_quarters.home.query(
        "select check_id, string_agg(quarter, ' ' order by quarter) from check_results "
        f"where quarter > '{QUARTER}' and outcome not in ('pass', 'skipped') group by check_id order by check_id"
    )
    later = " ".join(QUARTERS[1:])
    assert told == [
        ("department_drift", "2018Q3"),
        ("frame_volume", later),
        ("sample_volume", later),
        ("spellings_known", later),
    ]
    [(fallen,)] = five_quarters.home.query(
        "select examples from check_results where check_id = 'department_drift' and outcome = 'warn'"
    )
    assert fallen.startswith("区市民卡公司（满意率）: 73.58")


def test_running_quarters_again_changes_nothing(five_quarters: Served, rerun: tuple[Home, list[Outcome]]) -> None:
    home, outcomes = rerun
    for outcome in outcomes:
        assert outcome.code == 0, outcome.err
        assert outcome.out.count("nothing new") >= 2
    for folder in ("releases", "serving"):
        assert contents(home.path / folder) == contents(five_quarters.home.path / folder)


def test_case_records_of_each_quarter_are_kept_apart_from_the_releases(five_quarters: Served) -> None:
    folder = five_quarters.home.serving / "restricted" / "case_outcomes" / f"region_code={REGION}"
    assert sorted(path.name for path in folder.iterdir()) == [f"quarter={quarter}" for quarter in QUARTERS]


def changes(home: Home) -> list[tuple[Any, ...]]:
    """quarter, department_code, measure, answers, successes, rate before, change status, whether it is significant."""
    return home.query(
        "select quarter, department_code, measure, answered_count, success_count, previous_rate, change_status, "
        "is_significant_change from department_rates order by quarter, department_code, measure"
    )


def test_a_change_is_told_for_the_renamed_department_and_not_for_the_merged_one(five_quarters: Served) -> None:
    status = {(row[0], row[1]): row[6] for row in changes(five_quarters.home) if row[2] == "satisfaction"}
    assert status["2018Q4", RENAMED] == status["2019Q1", RENAMED] == "compared"
    assert status["2019Q1", MERGED] == "break_in_series"
    assert {found for (quarter, _), found in status.items() if quarter == QUARTER} == {"no_previous"}
    broken = [key for key, found in status.items() if found == "break_in_series"]
    assert broken == [("2019Q1", MERGED)]


def test_some_changes_are_significant_and_most_are_not(five_quarters: Served) -> None:
    from scipy.stats import false_discovery_control, fisher_exact

    rows = changes(five_quarters.home)
    counts = {tuple(row[:3]): (row[3], row[4]) for row in rows}
    before = dict(zip(LATER, QUARTERS, strict=False))
    families: dict[tuple[str, str], dict[tuple[str, str, str], float]] = {}
    for (quarter, code, measure), (answered, success) in counts.items():
        previous = counts.get((before.get(quarter, ""), code, measure))
        if previous is None or not answered or not previous[0]:
            continue
        table = [[success, answered - success], [previous[1], previous[0] - previous[1]]]
        families.setdefault((quarter, measure), {})[quarter, code, measure] = float(fisher_exact(table).pvalue)
    significant = {
        key
        for family in families.values()
        for key, q_value in zip(family, false_discovery_control(list(family.values())), strict=True)
        if q_value < 0.05
    }
    compared = sum(map(len, families.values()))
    assert {tuple(row[:3]) for row in rows if row[7]} == significant
    assert 0 < len(significant) <= compared / 10
    assert ("2018Q3", "330109-029", "satisfaction") in significant


def test_quarters_that_were_served_one_after_the_other_are_those_that_are_assembled_anew(
    five_quarters: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With all roll-ups: of a later quarter, earlier rows get another rank, another name of today, another note."""
    monkeypatch.setattr(grown, "LEAST_BYTES", 0)
    monkeypatch.setattr(grown, "MOST_DROPPED", 10)
    home = five_quarters.home
    made = rollups.read(files.read_json(home.path / "warehouse" / "dbt" / "manifest.json"))
    found = releases.take(home.path / "releases")
    for folder, counts in (("grown", (2, 4, 5)), ("anew", (5,))):
        for count in counts:
            until = replace(found, served=found.served[:count], every=found.every[:count])
            serving.serve(
                until, serving=tmp_path / folder, memory_limit="1GB", rollups=made, checks=home.path / "checks"
            )
    assert files.read_json(tmp_path / "grown" / "current" / "rows.json")["dropped"] > 0, "the file was added to"
    assert "assembled anew" not in caplog.text
    assert told(tmp_path / "grown") == told(tmp_path / "anew") == told(home.serving)
