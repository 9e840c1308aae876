"""The four made-up deliveries after 2018Q1, counted by this test's own reading of the data contract."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from callback_survey.quarter import Quarter

REPOSITORY = Path(__file__).parents[3]
EXPORTS = REPOSITORY / "sample_exports" / "330109"
COUNTS = REPOSITORY / "sample_exports/make/inputs/invented_counts.csv"
REGISTERS = REPOSITORY / "sample_exports" / "registers"
QUARTERS = ("2018Q2", "2018Q3", "2018Q4", "2019Q1")
SATISFACTION = ("满意", "比较满意", "基本满意", "不太满意", "不满意")
COLUMNS = ("satisfied", "fairly_satisfied", "basically_satisfied", "rather_dissatisfied", "dissatisfied")
PHONE = re.compile(r"1[3-9][0-9]{9}|0[1-9][0-9]{1,2}[0-9]{7,8}", re.ASCII)

each_quarter = pytest.mark.parametrize("quarter", QUARTERS)
Row = dict[str, str]


def rows(path: Path) -> list[Row]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


@cache
def counts(quarter: str) -> dict[str, dict[str, int]]:
    return {
        row.pop("department"): {name: int(value) for name, value in row.items() if name != "quarter"}
        for row in rows(COUNTS)
        if row["quarter"] == quarter
    }


@cache
def names(quarter: str) -> dict[str, str]:
    """Every way in which a department may be written in a quarter, by the register: the folded name → the name."""

    def valid(file: str) -> list[Row]:
        return [r for r in rows(REGISTERS / file) if r["valid_from"] <= quarter <= (r["valid_to"] or quarter)]

    by_code = {row["department_code"]: row["department_name"] for row in valid("departments.csv")}
    known = {folded(name): name for name in by_code.values()}
    return known | {folded(row["alias"]): by_code[row["department_code"]] for row in valid("department_aliases.csv")}


@cache
def calls(quarter: str) -> list[Row]:
    """In the order in which they were made."""
    found = [row for path in sorted((EXPORTS / quarter).glob("calls-*")) for row in rows(path)]
    return sorted(found, key=lambda row: (row["回访时间"], int(row["第几次"])))


@cache
def frame(quarter: str) -> list[tuple[Row, str | None, str | None]]:
    """Each row with its department and its exclusion reason: the first rule of the data contract that holds."""
    span, called = Quarter.parse(quarter), {row["办件编号"] for row in calls(quarter)}
    judged: list[tuple[Row, str | None, str | None]] = []
    seen: set[str] = set()
    rivals: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows(EXPORTS / quarter / "frame.csv.gz")):
        department = names(quarter).get(folded(row["部门名称"]))
        person = re.sub(r"^(\+86|0086)", "", folded(row["联系电话"]).replace("-", ""))
        reason = None
        if row["办件编号"] in seen:
            reason = "duplicate_case"
        elif department is None:
            reason = "unknown_department"
        elif not span.first_day.isoformat() <= row["办结日期"] <= span.last_day.isoformat():
            reason = "outside_quarter"
        elif not PHONE.fullmatch(person):
            reason = "invalid_phone"
        else:
            rivals[person, department].append(place)
        seen.add(row["办件编号"])
        judged.append((row, department, reason))
    for places in rivals.values():
        kept = [place for place in places if judged[place][0]["办件编号"] in called]
        latest = max(places, key=lambda place: (judged[place][0]["办结日期"], judged[place][0]["办件编号"]))
        for place in set(places) - set(kept or [latest]):
            judged[place] = (*judged[place][:2], "duplicate_phone")
    return judged


@cache
def department_of(quarter: str) -> dict[str, str]:
    """Per called case, its department in the valid frame."""
    valid = {row["办件编号"]: department for row, department, reason in frame(quarter) if reason is None}
    return {case: valid[case] or "" for case in {row["办件编号"] for row in calls(quarter)}}


def final(quarter: str, question: str) -> dict[str, str]:
    return {row["办件编号"]: row[question] for row in calls(quarter) if row[question]}


def histories(quarter: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in calls(quarter):
        found[row["办件编号"]].append(row)
    return found


@each_quarter
def test_it_says_in_the_manifest_and_in_every_frame_row_that_it_is_invented(quarter: str) -> None:
    manifest = json.loads((EXPORTS / quarter / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["note"].startswith("虚构数据：") and "编造" in manifest["note"]
    assert f"{quarter[:4]}年{'一二三四'[int(quarter[-1]) - 1]}季度" in manifest["note"]
    assert all(row["事项名称"].startswith("虚构样例") for row, *_ in frame(quarter))


@each_quarter
def test_departments_are_those_of_the_register_in_that_quarter(quarter: str) -> None:
    assert set(counts(quarter)) == set(names(quarter).values())


@each_quarter
def test_frame_sample_and_answers_are_the_invented_counts(quarter: str) -> None:
    expected, of = counts(quarter), department_of(quarter)
    valid = Counter(department for _, department, reason in frame(quarter) if reason is None)
    sampled = Counter(of.values())
    for name, row in expected.items():
        assert (valid[name], sampled[name]) == (row["frame"], row["sample"]), name
    words = {**dict(zip(SATISFACTION, COLUMNS, strict=True)), **dict(zip("54321", COLUMNS, strict=True))}
    answers = Counter((of[case], words[text]) for case, text in final(quarter, "满意度").items())
    visits = Counter(
        (of[case], text in ("零上门", "一次", "0", "1")) for case, text in final(quarter, "跑动次数").items()
    )
    for name, row in expected.items():
        assert [answers[name, column] for column in COLUMNS] == [row[column] for column in COLUMNS], name
        assert (visits[name, True], visits[name, False]) == (row["within_one_visit"], row["two_or_more_visits"]), name


@each_quarter
def test_every_labelled_row_and_no_other_is_excluded_for_its_reason(quarter: str) -> None:
    labels = Counter()
    for row, _, reason in frame(quarter):
        label = re.fullmatch(r"虚构样例·应剔除：([a-z_]+)（.+）", row["事项名称"])
        assert (label[1] if label else None) == reason, row["办件编号"]
        labels[reason] += 1
    assert len(labels) == 6 and all(count > 0 for count in labels.values()), "each reason occurs"
    assert labels["unknown_department"] < 0.005 * len(frame(quarter)), "more would fail gate 1"


@each_quarter
def test_it_is_small_and_called_in_time(quarter: str) -> None:
    assert 1_500 <= len(frame(quarter)) <= 3_200
    span = Quarter.parse(quarter)
    days = {row["回访时间"][:10] for row in calls(quarter)}
    assert min(days) > span.last_day.isoformat() and max(days) < span.due_on.isoformat()


def test_the_four_together_are_small() -> None:
    size = sum(path.stat().st_size for quarter in QUARTERS for path in (EXPORTS / quarter).iterdir())
    assert size < 400_000


@each_quarter
def test_nobody_is_real(quarter: str) -> None:
    texts = [row["联系电话"] for row, *_ in frame(quarter)] + [row["备注"] + row["原因"] for row in calls(quarter)]
    joined = [folded(text).replace("-", "") for text in texts]
    numbers = [n for text in joined for n in re.findall(r"(?<!\d)(?:\+86|0086)?(1[3-9]\d{9})(?!\d)", text)]
    assert len(numbers) > 2_000 and all(number.startswith("154") for number in numbers)
    landlines = [text for text in joined if re.fullmatch(r"0\d{9,11}", text)]
    assert all(re.match(r"05711|00000000000", number) for number in landlines)
    assert all(re.fullmatch(r"样例申请人\d{6}", row["申请人"]) for row, *_ in frame(quarter))
    assert all(re.fullmatch(rf"XS{quarter}-\d{{6}}", row["办件编号"]) for row, *_ in frame(quarter))


def test_sample_sizes_follow_the_rule_of_the_sample_plan_with_few_departures() -> None:
    def by_rule(size: int) -> int:
        return 100 if 500 <= size < 3000 else 50 if 100 <= size < 500 else size

    departures = {
        quarter: {name for name, row in counts(quarter).items() if row["sample"] != by_rule(row["frame"])}
        for quarter in QUARTERS
    }
    assert departures == {
        "2018Q2": {"区招商局"},
        "2018Q3": {"区发改局", "区市民卡公司", "区旅游局"},
        "2018Q4": {"区交通局", "区招管办"},
        "2019Q1": {"区烟草专卖局", "国土萧山分局"},
    }


def test_a_department_is_renamed_and_two_become_one() -> None:
    assert [("区卫计局" in counts(q), "区卫健局" in counts(q)) for q in QUARTERS] == [(True, False)] * 2 + [
        (False, True)
    ] * 2
    merged = ("区文广新局", "区旅游局", "区文广旅体局")
    assert [[name in counts(q) for name in merged] for q in QUARTERS] == [[True, True, False]] * 3 + [
        [False, False, True]
    ]
    written = {quarter: {row["部门名称"] for row, *_ in frame(quarter)} for quarter in QUARTERS}
    assert {"区卫健局", "区卫计局", "区卫生健康局"} <= written["2018Q4"], (
        "the old name and the full one are still written"
    )
    assert {"区文广旅体局", "区文化广电旅游体育局"} <= written["2019Q1"]


def test_gaps_are_there_on_purpose() -> None:
    assert counts("2018Q3")["区旅游局"]["frame"] == 1 and counts("2018Q3")["区旅游局"]["sample"] == 0
    assert counts("2018Q3")["区人防办"]["frame"] == 0, "a department without a single case"
    nobody = counts("2018Q4")["区人防办"]
    assert nobody["sample"] > 0 and not any(nobody[column] for column in (*COLUMNS, "within_one_visit"))
    one_question = counts("2018Q4")["区气象局"]
    assert one_question["satisfied"] > 0
    assert one_question["within_one_visit"] + one_question["two_or_more_visits"] == 0


def test_in_2018q3_people_were_rung_again_until_they_said_satisfied() -> None:
    of, talked_round = department_of("2018Q3"), Counter[str]()
    for case, made in histories("2018Q3").items():
        given = [row["满意度"] for row in made if row["满意度"]]
        if len(given) > 1 and given[0] in ("不满意", "1") and given[-1] in ("满意", "5"):
            talked_round[of[case]] += 1
    assert talked_round["区规划分局"] == 4 and talked_round["区人力社保局"] >= 1


def test_each_quarter_has_its_few_odd_calls() -> None:
    def changed(quarter: str) -> int:
        found = histories(quarter).values()
        return sum(len({row["满意度"] for row in made if row["满意度"]}) > 1 for made in found)

    assert {quarter: changed(quarter) > 0 for quarter in QUARTERS} == dict(
        zip(QUARTERS, (False, True, True, False), strict=True)
    )
    contradicting = [
        (quarter, row["回访结果"])
        for quarter in QUARTERS
        for row in calls(quarter)
        if row["回访结果"] in ("拒访", "拒绝", "拒绝回访") and row["满意度"]
    ]
    assert [quarter for quarter, _ in contradicting] == ["2018Q4"]
    for quarter in QUARTERS:
        of = department_of(quarter)
        misnamed = [row for row in calls(quarter) if row["部门名称"] != of[row["办件编号"]]]
        assert len(misnamed) == (2 if quarter == "2018Q3" else 0)
        twice = Counter(
            folded(row["联系电话"])[-8:] for row, _, reason in frame(quarter) if "called_twice" in row["事项名称"]
        )
        assert sum(twice.values()) == 2, "one person, two called cases"


@each_quarter
def test_reasons_are_given_below_satisfied_only(quarter: str) -> None:
    reasons = Counter(row["原因"] for row in calls(quarter) if row["原因"])
    assert len(reasons) >= 5
    assert all(row["满意度"] not in ("", "满意", "5") for row in calls(quarter) if row["原因"])
