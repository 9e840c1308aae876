"""The committed sample exports are what their README says, by a reading of the data contract that shares no code with
the generator or the pipeline."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import shutil
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from callback_survey.quarter import Quarter
from sample_exports.make import check_sample_exports, write_sample_exports
from sample_exports.make.__main__ import main

REPOSITORY = Path(__file__).parents[3]
EXPORTS = REPOSITORY / "sample_exports"
DELIVERY = EXPORTS / "330109" / "2018Q1"
COUNTS = REPOSITORY / "sample_exports/make/inputs/reconstructed_counts.csv"

SATISFACTION = ("satisfied", "fairly_satisfied", "basically_satisfied", "rather_dissatisfied", "dissatisfied")
SATISFACTION_SPELLINGS = {
    **dict(zip(("满意", "比较满意", "基本满意", "不太满意", "不满意"), SATISFACTION, strict=True)),
    **dict(zip("54321", SATISFACTION, strict=True)),
}
VISITS_SPELLINGS = {
    **dict.fromkeys(("零上门", "一次", "0", "1"), "within_one_visit"),
    **dict.fromkeys(("两次及以上", "2", "3"), "two_or_more_visits"),
}
DISPOSITION_SPELLINGS = {
    **dict.fromkeys(("成功", "完成", "已完成", "回访成功", "接通完成"), "I"),
    "部分完成": "P",
    **dict.fromkeys(("拒访", "拒绝", "拒绝回访"), "R"),
    **dict.fromkeys(("无人接听", "未接", "占线", "忙线", "稍后回访", "改约"), "NC"),
    **dict.fromkeys(("非本人", "号码错误", "空号", "停机"), "UO"),
    "不符合条件": "NE",
    "其他": "O",
}
PHONE = re.compile(r"1[3-9][0-9]{9}|0[1-9][0-9]{1,2}[0-9]{7,8}", re.ASCII)
LABEL = re.compile(r"样例·应剔除：([a-z_]+)（(.+)）")
KEPT_TWICE = "样例·应保留：person_called_twice"


@dataclass(frozen=True)
class Case:
    """A frame row as the rules see it. `reason` is None for a valid row."""

    cells: dict[str, str]
    department: str | None
    person: str
    reason: str | None

    @property
    def label(self) -> str | None:
        found = LABEL.fullmatch(self.cells["事项名称"])
        return found[1] if found else None


def folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def read(name: str) -> list[dict[str, str]]:
    data = (DELIVERY / name).read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@cache
def counts() -> dict[str, dict[str, str]]:
    with COUNTS.open(encoding="utf-8", newline="") as file:
        return {row["department"]: row for row in csv.DictReader(file)}


@cache
def departments_by_key() -> dict[str, str]:
    return {**{folded(name): name for name in counts()}, "区市场监督局": "区市场监管局"}


@cache
def calls() -> list[dict[str, str]]:
    return [row for path in sorted(DELIVERY.glob("calls-*.csv.gz")) for row in read(path.name)]


@cache
def cases() -> list[Case]:
    """The frame with each row's exclusion reason: the first rule of the data contract that holds."""
    called = {row["办件编号"] for row in calls()}
    seen: set[str] = set()
    known: list[tuple[dict[str, str], str | None, str]] = []
    reasons: dict[int, str] = {}
    rivals: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(read("frame.csv.gz")):
        department = departments_by_key().get(folded(row["部门名称"]))
        person = re.sub(r"^(\+86|0086)", "", folded(row["联系电话"]).replace("-", ""))
        known.append((row, department, person))
        if row["办件编号"] in seen:
            reasons[place] = "duplicate_case"
        elif department is None:
            reasons[place] = "unknown_department"
        elif not "2018-01-01" <= row["办结日期"] <= "2018-03-31":
            reasons[place] = "outside_quarter"
        elif not PHONE.fullmatch(person):
            reasons[place] = "invalid_phone"
        else:
            rivals[person, department].append(place)
        seen.add(row["办件编号"])
    for places in rivals.values():
        kept = [place for place in places if known[place][0]["办件编号"] in called]
        latest = max(places, key=lambda place: (known[place][0]["办结日期"], known[place][0]["办件编号"]))
        reasons |= dict.fromkeys(set(places) - set(kept or [latest]), "duplicate_phone")
    return [Case(*found, reasons.get(place)) for place, found in enumerate(known)]


def per_department(names: Iterable[str | None]) -> dict[str, int]:
    found = Counter(names)
    assert not set(found) - set(counts())
    return {name: found[name] for name in counts()}


def expected(column: str) -> dict[str, int]:
    return {name: int(row[column]) for name, row in counts().items()}


@cache
def department_of_called_case() -> dict[str, str | None]:
    by_case = {case.cells["办件编号"]: case.department for case in cases() if case.reason is None}
    return {case_id: by_case[case_id] for case_id in {row["办件编号"] for row in calls()}}


@cache
def outcomes(column: str) -> dict[str, str]:
    """Per case, the last answer to one question in the order of (called_at, attempt_no, file, line)."""
    in_order = sorted(enumerate(calls()), key=lambda item: (item[1]["回访时间"], int(item[1]["第几次"]), item[0]))
    return {row["办件编号"]: row[column] for _, row in in_order if row[column]}


def test_committed_files_are_what_the_generator_makes_and_the_manifest_says() -> None:
    assert check_sample_exports(EXPORTS) == []


def test_manifest_is_true() -> None:
    files = json.loads((DELIVERY / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert [file["name"] for file in files] == sorted(p.name for p in DELIVERY.iterdir() if p.name != "manifest.json")
    for file in files:
        data = (DELIVERY / file["name"]).read_bytes()
        assert (file["rows"], file["sha256"]) == (len(read(file["name"])), hashlib.sha256(data).hexdigest())
        if file["name"].endswith(".gz"):
            assert data[3:8] == bytes(5), "a name or a time in the gzip header makes every build a different file"


def test_delivery_is_small() -> None:
    assert sum(path.stat().st_size for path in EXPORTS.rglob("*") if path.is_file()) <= 5_000_000


def test_valid_frame_is_as_printed() -> None:
    valid = per_department(case.department for case in cases() if case.reason is None)
    assert valid == expected("frame")
    assert sum(valid.values()) == 90_597
    days = {case.cells["办结日期"] for case in cases() if case.reason is None}
    assert {"2018-01-01", "2018-03-31"} <= days, "both ends of the quarter are in it"


def test_every_labelled_row_and_no_other_is_excluded_for_its_reason() -> None:
    wrong = [case for case in cases() if case.label != case.reason]
    assert wrong == []


def test_every_exclusion_rule_and_branch_has_rows() -> None:
    found = Counter(case.cells["事项名称"] for case in cases() if case.label)
    details: dict[str, set[str]] = defaultdict(set)
    for text in found:
        reason, detail = LABEL.fullmatch(text).groups()  # type: ignore[union-attr]
        details[reason].add(detail)
    assert list(map(len, (details[r] for r in ("unknown_department", "invalid_phone")))) == [2, 1]
    assert len(details["duplicate_case"]) == 6
    assert len(details["outside_quarter"]) == 6
    assert details["duplicate_phone"] == {
        "已回访的留下",
        "办结日期最晚的留下",
        "同日办结，编号最大的留下",
        "三件中的一件",
        "两件已回访的都留下",
    }
    assert 300 <= sum(found.values()) <= 500


def test_each_branch_of_duplicate_phone_is_decided_by_what_its_label_says() -> None:
    called = set(department_of_called_case())
    stays = defaultdict(list)
    for case in cases():
        if case.reason is None:
            stays[case.person, case.department].append(case.cells)
    for case in cases():
        if case.reason != "duplicate_phone":
            continue
        winners = stays[case.person, case.department]
        day, case_id = case.cells["办结日期"], case.cells["办件编号"]
        winner, detail = winners[0], LABEL.fullmatch(case.cells["事项名称"])[2]  # type: ignore[index]
        if detail == "已回访的留下":
            assert winner["办件编号"] in called
            assert day > winner["办结日期"]
        elif detail == "办结日期最晚的留下":
            assert day < winner["办结日期"]
            assert case_id > winner["办件编号"]
        elif detail == "同日办结，编号最大的留下":
            assert day == winner["办结日期"]
            assert case_id < winner["办件编号"]
        assert len(winners) == (2 if detail == "两件已回访的都留下" else 1)


def test_two_called_cases_of_one_person_are_both_valid_and_other_people_have_one_per_department() -> None:
    people = Counter((case.person, case.department) for case in cases() if case.reason is None)
    twice = {key for key, count in people.items() if count > 1}
    labelled = [case for case in cases() if case.cells["事项名称"] == KEPT_TWICE]
    assert {(case.person, case.department) for case in labelled} == twice
    assert len(labelled) == 2 * len(twice) > 0
    assert all(case.cells["办件编号"] in department_of_called_case() for case in labelled)
    assert len({person for person, _ in people}) < len(people), "one person at two departments is no duplicate"


def test_sample_is_as_printed_and_inside_the_valid_frame() -> None:
    sample = per_department(department_of_called_case().values())
    assert sample == expected("sample")
    assert sum(sample.values()) == 3_668


@pytest.mark.parametrize(
    ("question", "spellings", "columns"),
    [
        ("满意度", SATISFACTION_SPELLINGS, SATISFACTION),
        ("跑动次数", VISITS_SPELLINGS, ("within_one_visit", "two_or_more_visits")),
    ],
)
def test_answers_are_the_reconstructed_counts(
    question: str, spellings: dict[str, str], columns: tuple[str, ...]
) -> None:
    answers = {case_id: spellings[text] for case_id, text in outcomes(question).items()}
    for column in columns:
        names = (department_of_called_case()[case_id] for case_id, answer in answers.items() if answer == column)
        assert per_department(names) == expected(column)
    assert {row[question] for row in calls()} == {"", *spellings}, "every spelling occurs and no other"


def test_every_disposition_occurs_and_fits_the_answers() -> None:
    assert {row["回访结果"] for row in calls()} == set(DISPOSITION_SPELLINGS)
    for row in calls():
        answered = sum(1 for question in ("满意度", "跑动次数") if row[question])
        assert answered == {"I": 2, "P": 1}.get(DISPOSITION_SPELLINGS[row["回访结果"]], 0)


def test_calls_are_made_in_office_hours_after_the_quarter_and_attempts_count_up() -> None:
    attempts = defaultdict(list)
    for row in calls():
        assert "2018-04-02" <= row["回访时间"][:10] <= "2018-05-20"
        assert "09:00:00" <= row["回访时间"][11:] < "17:30:00"
        attempts[row["办件编号"]].append((row["回访时间"], int(row["第几次"])))
    assert all([n for _, n in sorted(found)] == [*range(1, len(found) + 1)] for found in attempts.values())
    assert {len(found) for found in attempts.values()} == {1, 2, 3, 4}


def test_order_of_attempts_matters_for_some_cases() -> None:
    given: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in calls():
        given[row["办件编号"]].append(row)
    changed = {
        case_id
        for case_id, rows in given.items()
        if len({SATISFACTION_SPELLINGS[row["满意度"]] for row in rows if row["满意度"]}) > 1
    }
    in_line_order_only = {case_id for case_id, rows in given.items() if len({r["回访时间"] for r in rows}) < len(rows)}
    split = {c for c, rows in given.items() if len(rows) == 2 and all(r["回访结果"] == "部分完成" for r in rows)}
    assert (len(changed), len(in_line_order_only), len(split)) == (11, 3, 6)


def test_few_unknown_departments_and_none_of_them_called() -> None:
    unknown = [case for case in cases() if case.department is None]
    assert 0 < len(unknown) < 0.005 * len(cases())
    assert not {case.cells["办件编号"] for case in unknown} & set(department_of_called_case())


def test_department_names_come_in_the_printed_variants_too() -> None:
    written = {row["部门名称"] for row in read("frame.csv.gz")}
    printed = {row["部门名称"] for name in ("satisfaction", "realisation") for row in read(f"published-{name}.csv")}
    # 区旅游局 has one case; every other printed spelling occurs
    assert printed - written == set()


def test_nobody_is_real() -> None:
    """Phone numbers use 154 (no network's range) or local numbers that start with 1; names are placeholders."""
    texts = [case.cells["联系电话"] for case in cases()] + [row["备注"] for row in calls()]
    joined = [folded(text).replace("-", "") for text in texts]
    # +86 and 0086 go first, or the number behind them would not be seen to begin
    numbers = [n for text in joined for n in re.findall(r"(?<!\d)(?:\+86|0086)?(1[3-9]\d{9})(?!\d)", text)]
    assert len(numbers) > 90_000
    assert all(number.startswith("154") for number in numbers)
    landlines = [text for text in joined if re.fullmatch(r"0\d{9,11}", text)]
    assert len(landlines) > 100
    assert all(re.match(r"05711|00000000000", number) for number in landlines)
    assert all(re.fullmatch(r"样例申请人\d{6}", case.cells["申请人"]) for case in cases())
    assert all(re.fullmatch(r"XS2018Q1-\d{6}", case.cells["办件编号"]) for case in cases())
    assert not any("申请人" in text for row in calls() for text in row.values())


def test_phones_are_written_in_many_ways() -> None:
    shapes = {re.sub(r"\d", "9", case.cells["联系电话"]) for case in cases() if case.reason is None}
    assert {"999-9999-9999", "999 9999 9999", "+9999999999999", "999999999999999", "9999-99999999"} <= shapes
    assert any(re.search("[０-９]", case.cells["联系电话"]) for case in cases() if case.reason is None)


def test_some_comments_hold_numbers_that_landing_must_scrub() -> None:
    comments = [row["备注"] for row in calls()]
    assert sum(bool(re.search(r"154[ -]?\d{4}[ -]?\d{4}", text)) for text in comments) == 3
    assert sum(bool(re.search(r"\d{17}[\dX]", text)) for text in comments) == 1


def test_another_seed_invents_other_cases_and_the_same_annexes(tmp_path: Path) -> None:
    write_sample_exports(tmp_path, seed=1, quarters=[Quarter(2018, 1)])
    other = tmp_path / "330109/2018Q1"
    annex, frame = "published-satisfaction.csv", "frame.csv.gz"
    assert (other / annex).read_bytes() == (DELIVERY / annex).read_bytes()
    assert gzip.decompress((other / frame).read_bytes()) != gzip.decompress((DELIVERY / frame).read_bytes())


def test_check_names_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(DELIVERY, tmp_path / "330109/2018Q1")
    annex = tmp_path / "330109/2018Q1/published-satisfaction.csv"
    annex.write_bytes(annex.read_bytes().replace(b"74.43", b"74.42"))
    assert main(["--check", "--out", str(tmp_path), "--quarter", "2018Q1"]) == 1
    message = capsys.readouterr().err
    assert "2018Q1/published-satisfaction.csv: not what the generator makes" in message
    assert "2018Q1/manifest.json: does not describe the files" in message
    (annex.parent / "notes.txt").write_text("x")
    (tmp_path / "330109/2017Q4").mkdir()
    assert check_sample_exports(tmp_path, quarters=[Quarter(2018, 1)]) == [
        "2018Q1/notes.txt: does not belong here",
        "2017Q4: does not belong here",
    ]


@pytest.mark.parametrize("asked", ["2017Q4", "2018Q1..2019Q2", "spring"])
def test_only_quarters_that_are_made_can_be_asked_for(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--check", "--quarter", asked])
    assert ended.value.code == 2
    assert {"2017Q4": "2017Q4", "2018Q1..2019Q2": "2019Q2"}.get(asked, "spring") in capsys.readouterr().err


def test_writing_makes_the_committed_content_again(tmp_path: Path) -> None:
    paths = write_sample_exports(tmp_path)
    assert sorted(path.relative_to(tmp_path) for path in paths) == sorted(
        path.relative_to(EXPORTS) for path in EXPORTS.glob("[0-9]*/**/*") if path.is_file()
    )
    assert [path.name for path in paths if path.parent.name == "2018Q1"][-1] == "manifest.json"
    for path in paths:
        unpacked = gzip.decompress if path.suffix == ".gz" else bytes
        if path.name != "manifest.json":
            assert unpacked(path.read_bytes()) == unpacked((EXPORTS / path.relative_to(tmp_path)).read_bytes())
