"""A quarter is planned as its people would: from a release alone, then from a frame before anybody is called."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from deliveries import CALLS_HEADER, OFFICES, Rows, rows_of, with_office, write_delivery
from homes import Home, Outcome, Served, contents
from personal_data import found_in

ASKED = ("plan", "--region", "330109", "--quarter", "2018Q2")
# 区经信局 has 12 frame rows, 2 of them without a valid phone
FRAMED = with_office("区经信局", unreachable=2)


def second_quarter() -> Rows:
    return [[cell.replace("2018-02-14", "2018-05-14") for cell in row] for row in rows_of(FRAMED)["frame.csv"]]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def home(small: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """2018Q1 of three departments, released; to be planned in."""
    return small.copy(tmp_path_factory.mktemp("planned") / "home")


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a frame of 2018Q2 and nothing else beside its manifest."""
    return write_delivery(tmp_path_factory.mktemp("frames") / "330109" / "2018Q2", {"frame.csv": second_quarter()})


@pytest.fixture(scope="module")
def before(home: Home) -> dict[str, str]:
    return contents(home.path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans") / "2018Q2"


@pytest.fixture(scope="module")
def drawn(home: Home, frame: Path, folder: Path, before: dict[str, str]) -> Outcome:
    return home.run_here(*ASKED, "--frame", str(frame), "--output", str(folder), "--seed", "抽签 2018Q2")


@pytest.fixture(scope="module")
def document(drawn: Outcome, folder: Path) -> dict[str, Any]:
    assert drawn.code == 0, drawn.err
    read: dict[str, Any] = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return read


def test_a_plan_from_the_release_alone_names_the_13_departures_of_2018q1(served: Served) -> None:
    was = contents(served.home.path)
    told = served.home.run_here(*ASKED)
    assert told.code == 0, told.err
    assert "of 2018Q1 r1, as released: no frame of 2018Q2 was given or landed" in told.out
    assert "2018Q1 r1 departed from the rule in 13 of 35 departments" in told.out
    _, _, departures = told.out.partition("departed from the rule in 13 of 35 departments\n")
    header, *lines = [line.split() for line in departures.splitlines() if len(line.split()) == 5]
    assert header == ["部门", "有效样本框", "抽样", "按规则", "差"]
    assert {line[0]: line[-1] for line in lines} == {
        "区住建局": "-24",
        "区卫计局": "-20",
        "区气象局": "-16",
        "区招商局": "-34",
        "国税萧山分局": "-13",
        "区文广新局": "-10",
        "区公安分局（户籍）": "+9",
        "区发改局": "-17",
        "区农业局": "-26",
        "区招管办": "-25",
        "区市民卡公司": "+23",
        "区教育局": "-34",
        "区旅游局": "-1",
    }
    assert next(line for line in told.out.splitlines() if line.startswith("合计")).split() == [
        "合计",
        "90,597",
        "3,856",
        "271",
        "3,668",
    ]
    assert "Nothing was written" in told.out
    assert contents(served.home.path) == was


def test_sizes_are_kept_and_nothing_is_drawn_without_a_frame(home: Home, tmp_path: Path) -> None:
    told = home.run_here(*ASKED, "--output", str(tmp_path / "plan"))
    assert told.code == 0, told.err
    assert "No call list: there is no frame of 2018Q2 to draw from" in told.out
    assert {path.name for path in (tmp_path / "plan").iterdir()} == {"sizes.csv", "plan.json"}
    sizes = {row["department_name"]: row for row in table(tmp_path / "plan" / "sizes.csv")}
    assert (sizes["区民政局"]["rule_count"], sizes["区民政局"]["previous_sample_count"]) == ("8", "4")
    plan = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert (plan["seed"], plan["frame"], "call_list" in plan) == (None, None, False)
    told = home.run_here(*ASKED, "--output", str(tmp_path / "plan-zh"), "--language", "zh")
    assert "抽样方案 330109 2018Q2" in told.out and "Sample plan" not in told.out


def test_a_plan_reads_the_projects_parse_and_makes_none(drawn: Outcome, home: Home) -> None:
    assert drawn.code == 0
    log = (home.path / "logs" / "dbt" / "dbt.log").read_text(encoding="utf-8")
    *_, before_it, the_build = log.split("Running with dbt")
    # a parse is a command of its own, which ends nothing
    assert "Finished running" in before_it and "Finished running" in the_build


def test_the_list_holds_the_first_valid_cases_by_the_hash_of_the_seed(document: dict[str, Any], folder: Path) -> None:
    rows = table(folder / "call-list.csv")
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["department_name"], []).append(row["case_id"])
    valid: dict[str, list[str]] = {}
    for case_id, name, _, phone, *_ in second_quarter()[1:]:
        if phone != "无":
            valid.setdefault(name, []).append(case_id)
    assert {name: len(cases) for name, cases in valid.items()} == {"区经信局": 10, "区教育局": 10, "区民政局": 8}
    assert found == {
        name: sorted(cases, key=lambda case: hashlib.sha256(f"抽签 2018Q2|{case}".encode()).hexdigest())
        for name, cases in valid.items()  # below 100 cases the rule takes everyone
    }


def test_the_list_holds_tokens_as_the_lake_has_them_and_no_phone(
    home: Home, document: dict[str, Any], folder: Path
) -> None:
    """The small home's frame of 2018Q1 has the same phones and case numbers, so the same tokens."""
    with duckdb.connect() as connection:
        landed = connection.execute(
            "select case_id, case_token, phone_token "
            f"from read_parquet('{home.path}/lake/raw/frame/*/*/*.parquet', hive_partitioning = false)"
        ).fetchall()
        listed = connection.execute(
            f"select case_id, case_token, phone_token from read_parquet('{folder / 'call-list.parquet'}')"
        ).fetchall()
    assert len(listed) == 28
    assert set(listed) <= set(landed)
    assert found_in(folder) == []


def test_planning_leaves_the_lake_the_warehouse_and_what_is_served_as_they_were(
    home: Home, document: dict[str, Any], before: dict[str, str]
) -> None:
    after = contents(home.path)
    assert {name for name in after.keys() ^ before.keys() if not name.startswith("logs/")} == set()
    changed = {name for name in before if after[name] != before[name]}
    assert {name for name in changed if not name.startswith("logs/")} == set()
    assert list(home.path.glob(".plan-*")) == []
    assert found_in(home.path) == []
    assert "2018Q2" not in home.run_here("deliveries").out


def test_the_plan_says_what_is_needed_to_draw_it_again(document: dict[str, Any], frame: Path, folder: Path) -> None:
    assert (document["seed"], document["sizing"], document["previous"]) == (
        "抽签 2018Q2",
        "rule",
        {"quarter": "2018Q1", "revision": 1},
    )
    assert document["frame"]["files"] == {"frame.csv": hashlib.sha256((frame / "frame.csv").read_bytes()).hexdigest()}
    assert (document["frame"]["row_count"], document["frame"]["valid_count"]) == (30, 28)
    assert document["frame"]["excluded"] == {"invalid_phone": 2}
    listed = (folder / "call-list.csv").read_bytes()
    assert document["call_list"] == {
        "file": "call-list.csv",
        "row_count": 28,
        "sha256": hashlib.sha256(listed).hexdigest(),
    }


def test_the_same_folder_again_gives_the_same_list_without_naming_the_seed(
    home: Home, frame: Path, folder: Path, document: dict[str, Any]
) -> None:
    was = contents(folder)
    told = home.run_here(*ASKED, "--exports", str(frame.parents[1]), "--output", str(folder))
    assert told.code == 0, told.err
    assert "the same list as before" in told.out
    assert contents(folder) == was


def test_another_list_never_replaces_one_that_is_there(
    home: Home, frame: Path, folder: Path, document: dict[str, Any]
) -> None:
    was = contents(folder)
    told = home.run_here(*ASKED, "--frame", str(frame), "--output", str(folder), "--sizes", "neyman", "--margin", "30")
    assert (told.code, "its call list differs from that of this plan" in told.err) == (2, True), told.err
    assert contents(folder) == was


def test_a_plan_without_a_frame_or_of_another_quarter_leaves_a_list_alone(
    home: Home, folder: Path, document: dict[str, Any]
) -> None:
    was = contents(folder)
    told = home.run_here(*ASKED, "--output", str(folder))
    assert (told.code, "differs from that of this plan" in told.err) == (2, True), told.err
    told = home.run_here("plan", "--region", "330109", "--quarter", "2018Q3", "--output", str(folder))
    assert (told.code, "it holds the plan of 330109 2018Q2" in told.err) == (2, True), told.err
    assert contents(folder) == was


def test_calls_beside_the_frame_do_not_decide_who_is_drawn(
    home: Home, folder: Path, document: dict[str, Any], tmp_path: Path
) -> None:
    """One person has a second, later case. Called or not, the later one is valid: calls are not looked at."""
    rows = second_quarter()
    second = [*rows[1]]
    second[0], second[2] = "BJ01-9999", "2018-06-01"
    called = [CALLS_HEADER, [rows[1][0], rows[1][1], "2018-07-10 09:00:00", "成功", "满意", "一次", "1"]]
    delivery = write_delivery(tmp_path / "both", {"frame.csv": [*rows, second], "calls.csv": called})
    told = home.run_here(*ASKED, "--frame", str(delivery), "--output", str(tmp_path / "plan"), "--seed", "抽签 2018Q2")
    assert told.code == 0, told.err
    assert "they are ignored here" in told.out
    listed = {row["case_id"] for row in table(tmp_path / "plan" / "call-list.csv")}
    assert "BJ01-9999" in listed and rows[1][0] not in listed


def test_a_quarter_that_is_landed_is_planned_on_its_own_frame(home: Home, tmp_path: Path) -> None:
    told = home.run_here("plan", "--region", "330109", "--quarter", "2018Q1", "--output", str(tmp_path / "plan"))
    assert told.code == 0, told.err
    assert "the landed delivery" in told.out
    assert "No earlier quarter was released" in told.out
    assert len(table(tmp_path / "plan" / "call-list.csv")) == sum(office.frame for office in OFFICES)


def test_a_frame_that_gate_1_would_refuse_is_not_planned_on(home: Home, tmp_path: Path) -> None:
    rows = second_quarter()
    for row in rows[1:4]:
        row[1] = "区无名局"
    delivery = write_delivery(tmp_path / "frame", {"frame.csv": rows})
    told = home.run_here(*ASKED, "--frame", str(delivery), "--output", str(tmp_path / "plan"))
    assert told.code == 3
    assert "no sample can be planned on this frame: gate 1" in told.err and "unknown_department_share" in told.err
    assert not (tmp_path / "plan").exists()
    assert list(home.path.glob(".plan-*")) == []


def test_a_frame_of_another_quarter_is_told(home: Home, frame: Path, tmp_path: Path) -> None:
    told = home.run_here("plan", "--region", "330109", "--quarter", "2018Q4", "--frame", str(frame))
    assert told.code == 3
    assert "30 of 30 frame rows completed outside the quarter" in told.err and "plan again" in told.err


def test_a_frame_alone_is_no_delivery_of_a_quarter(small: Home, frame: Path, tmp_path: Path) -> None:
    told = small.copy(tmp_path / "home").run_here("run", "--quarter", "2018Q2", "--exports", str(frame.parents[1]))
    assert told.code == 3
    assert "a delivery is frame and calls" in told.err


def test_a_frame_tokenised_with_another_key_than_the_lake_s_is_refused(home: Home, frame: Path, tmp_path: Path) -> None:
    other = home.with_settings(PRIVACY_KEY="another key " * 4)
    told = other.run_here(*ASKED, "--frame", str(frame), "--output", str(tmp_path / "plan"))
    assert (told.code, "the privacy key is not the one the lake was created with" in told.err) == (2, True)
    assert not (tmp_path / "plan").exists()
