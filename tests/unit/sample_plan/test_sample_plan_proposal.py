"""What a plan learns from the quarter before: frames, samples, answers; also of merged, split and new departments."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callback_survey.sample_plan import history
from callback_survey.sample_plan.allocation import Stratum, expected_variance, neyman
from callback_survey.sample_plan.history import Answers, Department, ReleasedQuarter, Succession, inherited
from callback_survey.sample_plan.proposal import Proposal, propose
from callback_survey.sample_plan.rules import SamplePlanRules
from callback_survey.scope import Scope
from lakes import SEEDS

RULES = SamplePlanRules.read(SEEDS, Scope("330109", "2018Q2"))
NAMES = {"d1": "区甲局", "d2": "区乙局", "d3": "区丙局"}


def department(code: str, frame: int | None, sample: int | None, *answers: tuple[int, int]) -> Department:
    """`answers` are (answered, success) for satisfaction and realisation."""
    by_measure = zip(("satisfaction", "realisation"), answers, strict=False)
    return Department(
        code, NAMES.get(code, code), frame, sample, {m: Answers(Fraction(n), Fraction(x)) for m, (n, x) in by_measure}
    )


BEFORE = ReleasedQuarter(
    "2018Q1",
    2,
    True,
    {"satisfaction": "满意率", "realisation": "实现率"},
    {
        "d1": department("d1", 4000, 120, (100, 90), (80, 80)),
        "d2": department("d2", 200, 40, (36, 18), (40, 39)),
        "d3": department("d3", 9, 0, (0, 0), (0, 0)),
    },
)


def plan(
    registered: dict[str, str] = NAMES,
    frames: dict[str, int] | None = None,
    previous: ReleasedQuarter | None = BEFORE,
    successions: tuple[Succession, ...] = (),
    margin: float = 3,
) -> Proposal:
    return propose(
        Scope("330109", "2018Q2"),
        registered,
        frames,
        previous,
        successions,
        rules=RULES,
        previous_rules=RULES if previous else None,
        wanted_margin=margin,
    )


def test_without_a_frame_the_sizes_rest_on_the_released_one() -> None:
    found = plan()
    assert [(row.valid_frame_count, row.rule_count, row.previous_sample_count) for row in found.departments] == [
        (4000, 120, 120),
        (200, 50, 40),
        (9, 9, 0),
    ]
    assert found.total("rule") == 179


def test_with_a_frame_the_sizes_rest_on_it_and_a_department_without_cases_gets_none() -> None:
    found = plan(frames={"d1": 450, "d2": 1})
    assert [(row.valid_frame_count, row.rule_count, row.neyman_count) for row in found.departments][1:] == [
        (1, 1, 1),
        (0, 0, 0),
    ]
    assert found.departments[0].rule_count == 50
    assert found.departments[0].previous_frame_count == 4000


def test_the_departures_compare_the_released_sample_with_the_rule_for_the_released_frame() -> None:
    found = plan(frames={"d1": 450, "d2": 1})
    assert [
        (row.department_name, row.valid_frame_count, row.sample_count, row.rule_count) for row in found.departures
    ] == [
        ("区乙局", 200, 40, 50),
        ("区丙局", 9, 0, 9),
    ]


def test_a_sample_larger_than_the_rule_is_a_departure_too() -> None:
    larger = replace(BEFORE, departments={"d1": department("d1", 4000, 121)})
    assert [(row.sample_count, row.rule_count) for row in plan(previous=larger).departures] == [(121, 120)]


def test_a_department_is_allocated_by_the_measure_in_which_its_answers_differ_most() -> None:
    """d1: 90 of 100 differ more than 80 of 80; d2: 18 of 36 more than 39 of 40; d3: nobody answered, so ¼."""
    spreads = {"d1": expected_variance(Fraction(100), Fraction(90)), "d2": Fraction(1, 4), "d3": Fraction(1, 4)}
    frames = {"d1": 4000, "d2": 200, "d3": 9}
    expected = neyman([Stratum(code, frames[code], float(spreads[code])) for code in frames], 3)
    assert plan().sizes("neyman") == expected


def test_both_measures_keep_within_the_wanted_margin() -> None:
    for expected in plan(margin=2.5).margins:
        assert expected.if_all_answer is not None and expected.if_as_before is not None
        assert expected.if_all_answer < expected.if_as_before
        if expected.sizing == "neyman":
            assert expected.if_all_answer <= 2.5
    assert {row.measure: row.answered_share for row in plan().margins} == {
        "satisfaction": pytest.approx(136 / 160),
        "realisation": pytest.approx(120 / 160),
    }


def test_without_a_quarter_before_answers_are_expected_to_differ_as_much_as_they_can() -> None:
    found = plan(frames={"d1": 5000, "d2": 5000, "d3": 1}, previous=None)
    assert found.departures == ()
    assert found.departments[0].previous_sample_count is None
    assert found.total("neyman") == pytest.approx(964 + 1, abs=1)  # Cochran's size for 10,000 cases, p = ½
    assert {row.if_as_before for row in found.margins} == {None}


def test_a_merged_department_has_the_frames_and_answers_of_those_it_came_from() -> None:
    merged = (Succession("d2", "d9", "2018Q2", False), Succession("d3", "d9", "2018Q2", False))
    found = plan({"d1": "区甲局", "d9": "区乙丙局"}, successions=merged)
    assert [
        (row.department_name, row.valid_frame_count, row.rule_count, row.previous_sample_count)
        for row in found.departments
    ] == [
        ("区甲局", 4000, 120, 120),
        ("区乙丙局", 209, 50, 40),
    ]
    known = inherited("d9", BEFORE.departments, merged)
    assert known is not None and known.answers["satisfaction"] == Answers(Fraction(36), Fraction(18))


def test_a_department_merged_twice_since_is_followed_back() -> None:
    chain = (
        Succession("d2", "d8", "2018Q2", False),
        Succession("d8", "d9", "2018Q3", False),
        Succession("d3", "d9", "2018Q3", False),
    )
    known = inherited("d9", BEFORE.departments, chain)
    assert known is not None and (known.valid_frame_count, known.sample_count) == (209, 40)


def test_of_a_split_or_a_new_department_no_size_is_guessed() -> None:
    split = (Succession("d1", "d8", "2018Q2", True), Succession("d1", "d9", "2018Q2", True))
    found = plan({"d8": "区甲一局", "d9": "区甲二局", "dx": "区新局", "d2": "区乙局"}, successions=split)
    by_code = {row.department_code: row for row in found.departments}
    assert [by_code[code].rule_count for code in ("d8", "d9", "dx")] == [None, None, None]
    assert [by_code[code].neyman_count for code in ("d8", "dx")] == [None, None]
    assert by_code["d2"].rule_count == 50
    assert {row.if_all_answer for row in found.margins} == {None}, "a part of the region is not known"
    # its answers still tell how much they differ, once there is a frame
    known = inherited("d8", BEFORE.departments, split)
    assert known is not None and known.sample_count is None, "each would be shown with the sample of both"
    assert known.answers["realisation"] == Answers(Fraction(80), Fraction(80))


def test_a_succession_with_a_department_that_was_never_released_gives_no_frame() -> None:
    merged = (Succession("d2", "d9", "2018Q2", False), Succession("gone", "d9", "2018Q2", False))
    known = inherited("d9", BEFORE.departments, merged)
    assert known is not None and known.valid_frame_count is None


RATES: dict[str, Any] = {
    "department_code": "d1",
    "department_name": "区甲局",
    "measure": "satisfaction",
    "measure_name": "满意率",
    "source_grain": "cases",
    "valid_frame_count": 200,
    "sample_count": 50,
    "answered_count": 43,
    "success_count": 32,
    "rate_pct": "74.42",
}


def release(folder: Path, region: str, quarter: str, revision: int, *rows: dict[str, Any]) -> None:
    """A release with department_rates alone."""
    target = folder / region / quarter / f"r{revision}"
    (target / "marts").mkdir(parents=True)
    path = target / "rows.json"
    path.write_text(json.dumps([{**RATES, **row} for row in rows]), encoding="utf-8")
    duckdb.sql(
        "select * replace (valid_frame_count::bigint as valid_frame_count, answered_count::bigint as answered_count, "
        "success_count::bigint as success_count, rate_pct::decimal(5, 2) as rate_pct) "
        f"from read_json('{path}')"
    ).write_parquet(str(target / "marts" / "department_rates.parquet"))
    names = ("run_id", "reason", "content_hash", "delivery_id", "code_fingerprint")
    document = {
        **dict.fromkeys(names, ""),
        "region_code": region,
        "quarter": quarter,
        "revision": revision,
        "input_files": {},
        "data_note": None,
        "tables": {"department_rates": {}},
        "warning_count": 0,
        "released_at": "2018-04-20T06:00:00+00:00",
    }
    (target / "release.json").write_text(json.dumps(document), encoding="utf-8")


def test_the_latest_revision_of_the_last_quarter_before_is_learnt_from(tmp_path: Path) -> None:
    release(tmp_path, "330109", "2017Q3", 1, {"sample_count": 1})
    release(tmp_path, "330109", "2017Q4", 1, {"sample_count": 2})
    release(tmp_path, "330109", "2017Q4", 2, {"sample_count": 3})
    release(tmp_path, "330109", "2018Q2", 1, {"sample_count": 4})
    release(tmp_path, "330110", "2018Q1", 1, {"sample_count": 5})
    found = history.latest_before(tmp_path, Scope("330109", "2018Q2"))
    assert found is not None
    assert (found.name, found.departments["d1"].sample_count, found.has_counts) == ("2017Q4 r2", 3, True)
    assert found.departments["d1"].answers == {"satisfaction": Answers(Fraction(43), Fraction(32))}
    assert history.latest_before(tmp_path, Scope("330109", "2017Q3")) is None


def test_of_a_quarter_of_printed_annexes_the_sample_stands_for_the_answers(tmp_path: Path) -> None:
    printed = {"source_grain": "published", "answered_count": None, "success_count": None}
    unsampled = {"department_code": "d2", "sample_count": 0, "rate_pct": None}
    release(tmp_path, "330109", "2018Q1", 1, printed, printed | unsampled)
    found = history.latest_before(tmp_path, Scope("330109", "2018Q2"))
    assert found is not None and not found.has_counts
    assert found.departments["d1"].answers["satisfaction"] == Answers(Fraction(50), Fraction("37.21"))
    assert found.departments["d2"].answers["satisfaction"] == Answers()
    assert {row.if_as_before for row in plan(NAMES, None, found).margins} == {None}


def test_of_a_department_whose_successes_are_not_published_nothing_better_than_a_half_is_taken(tmp_path: Path) -> None:
    release(tmp_path, "330109", "2018Q1", 1, {"answered_count": 12, "success_count": None, "rate_pct": None})
    found = history.latest_before(tmp_path, Scope("330109", "2018Q2"))
    assert found is not None
    assert found.departments["d1"].answers["satisfaction"] == Answers(Fraction(12), Fraction(6))


def test_only_successions_since_the_released_quarter_count(tmp_path: Path) -> None:
    lines = [
        "region_code,predecessor_code,successor_code,valid_from,succession_type",
        "330109,a,b,2018Q1,merge",
        "330109,c,d,2018Q2,split",
        "330109,e,f,2018Q3,replacement",
        "330110,g,h,2018Q2,merge",
    ]
    (tmp_path / "department_successions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = history.read_successions(tmp_path, "330109", after="2018Q1", until="2018Q2")
    assert found == [Succession("c", "d", "2018Q2", True)]
