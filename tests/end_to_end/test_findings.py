"""What must be noticed in 2018 Q1, read off the printed annexes and the made calls by hand, and nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from homes import Served

BOTH = ("satisfaction", "realisation")
# Departments of every finding that is about a department, by code and measure. The order of the annexes is not theirs.
EXPECTED: dict[tuple[str, str | None], set[str]] = {
    ("department_two_names", None): {"区市场监管局"},
    ("printed_name_with_spaces", None): {
        "区公安分局（户籍）",
        "公积金萧山分中心",
        "区公安分局（出入境）",
        "区烟草专卖局",
        "国土萧山分局",
        "区公安分局（车管）",
        "区市场监管局",
        "区财政地税局",
        "区市民卡公司",
        "区人力社保局",
    },
    ("mixed_parentheses", None): {"区公安分局（户籍）", "区公安分局（出入境）", "区公安分局（车管）"},
    ("rate_without_sample", "satisfaction"): {"区旅游局"},
    ("rate_without_sample", "realisation"): {"区旅游局"},
    ("row_adjusted", "satisfaction"): {"区民政局", "区财政地税局", "区交通局"},
    ("row_adjusted", "realisation"): {"区卫计局", "区环保局", "区交通局"},
    ("row_inconsistent", "satisfaction"): {"区民政局", "区财政地税局", "区交通局"},
    ("row_inconsistent", "realisation"): {"区卫计局", "区环保局", "区交通局"},
    ("row_fitted_to_100", "satisfaction"): {"区公安分局（出入境）", "区公安分局（车管）", "区人力社保局"},
    ("few_answers", "satisfaction"): {"区财政地税局"},
    ("few_answers", "realisation"): {"区财政地税局"},
    ("flagged_with_few_answers", "satisfaction"): {"区招管办", "区教育局"},
    ("flagged_with_few_answers", "realisation"): {"区招管办", "区教育局", "区农水局", "区安监局"},
}
# These are counted elsewhere: which cells are no share of the sample, and what the made calls hold.
COUNTED = {"cells_impossible_for_sample", "answer_changed", "answers_lean_to_success", "person_called_twice"}

Findings = dict[tuple[str, str | None], dict[str | None, str]]


@pytest.fixture(scope="module")
def findings(served: Served) -> Findings:
    """Evidence by department, by code and measure."""
    found: Findings = defaultdict(dict)
    rows = served.home.query("select finding_code, measure, department_name, evidence from findings")
    for code, measure, department, evidence in rows:
        assert department not in found[code, measure]
        found[code, measure][department] = evidence
    return dict(found)


def test_2018_q1_shows_what_it_must_and_nothing_besides(findings: Findings) -> None:
    about_departments = {
        key: set(departments)
        for key, departments in findings.items()
        if key[0] not in COUNTED and key[0] != "notice_circulated_before_date"
    }
    assert about_departments == EXPECTED


def test_the_notice_was_circulated_before_its_date(findings: Findings) -> None:
    assert findings["notice_circulated_before_date", None] == {None: "dated 2018-06-07, circulated 2018-06-05"}


def test_the_evidence_holds_the_numbers(findings: Findings) -> None:
    assert "区市场监督局 (annex_satisfaction 1" in findings["department_two_names", None]["区市场监管局"]
    assert "区市场监管局 (annex_realisation 1" in findings["department_two_names", None]["区市场监管局"]
    assert findings["printed_name_with_spaces", None]["国土萧山分局"] == "annex_satisfaction 「国土萧山分 局」"
    assert findings["row_adjusted", "satisfaction"]["区民政局"] == (
        "satisfied_pct 74.43 printed 74.42 computed, rather_dissatisfied_pct 2.32 printed 2.33 computed"
    )
    assert findings["few_answers", "satisfaction"]["区财政地税局"] == "answered 61 of 100 sampled; limit 65.00%"
    assert findings["flagged_with_few_answers", "realisation"]["区农水局"].startswith("answered 6, limit 30")
    assert findings["flagged_with_few_answers", "realisation"]["区安监局"].startswith("answered 8, limit 30")


def test_the_moved_headlines_are_told_apart(served: Served) -> None:
    moved = served.home.query(
        "select department_name, measure from findings where finding_code = 'row_adjusted' and message like '%率本身%'"
    )
    assert set(moved) == {
        ("区民政局", "satisfaction"),
        ("区卫计局", "realisation"),
        ("区环保局", "realisation"),
        ("区交通局", "realisation"),
    }


def test_most_printed_percentages_are_no_shares_of_the_printed_sample(findings: Findings) -> None:
    assert [len(findings["cells_impossible_for_sample", measure]) for measure in BOTH] == [20, 23]
    assert findings["cells_impossible_for_sample", "realisation"]["区经信局"] == (
        "n = 50: within_one_visit_pct 97.56, two_or_more_visits_pct 2.44"
    )


def test_what_the_calls_were_made_to_hold_is_found(findings: Findings) -> None:
    """sample_exports/README.md: 11 and 3 cases with an earlier answer, four people with two called cases each."""
    changed: Counter[str | None] = Counter()
    for measure in BOTH:
        for evidence in findings["answer_changed", measure].values():
            changed[measure] += int(evidence.split("changed ")[1].split(",")[0])
    assert changed == {"satisfaction": 11, "realisation": 3}
    # ten of the eleven crossed over to 满意; 2/2¹⁰ is 0.00195
    assert findings["answers_lean_to_success", "satisfaction"] == {None: "gained 10, lost 0, p at most 0.0020"}
    assert ("answers_lean_to_success", "realisation") not in findings
    called_twice = findings["person_called_twice", None]
    assert len(called_twice) == 4 and set(called_twice.values()) == {"persons 1, cases 2"}


def test_every_finding_is_told_in_words_and_its_kind_explained(served: Served) -> None:
    untold = served.home.query(
        "select finding_code from findings left join finding_codes using (finding_code) "
        "where coalesce(message, '') = '' or coalesce(message_en, '') = '' or meaning is null "
        "or (department_name is not null and not starts_with(message, department_name))"
    )
    assert untold == []
    numbers = served.home.query("select finding_number from findings order by finding_number")
    assert [number for (number,) in numbers] == list(range(1, len(numbers) + 1))


def test_nobody_is_called_a_cheat(served: Served) -> None:
    accusing = served.home.query(
        "select finding_code from findings join finding_codes using (finding_code) where "
        "regexp_matches(message || message_en || meaning, '(?i)fraud|fake|forged|造假|作假|舞弊|篡改')"
    )
    assert accusing == []
