"""A draft names every department of a frame once, merges nothing, asks about what resembles, and keeps no person's number."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest

from callback_survey.cli import main
from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DeliveryRefused, UsageError
from callback_survey.registers import draft, draft_text
from callback_survey.scope import Scope
from callback_survey.wording.translation import in_chinese
from lakes import ONE_CALL, ONE_CASE, SEEDS, as_csv, calls, frame, tree_of, write_delivery
from register_seeds import add, copied_seeds

REGION, QUARTER = "330110", "2018Q1"
PHONES = [f"154{number:08d}" for number in range(100)]


OFFICES = ("区教育局", "区档案局")


def annexes_of(names: Sequence[str]) -> list[tuple[Sequence[str], list[Sequence[str]]]]:
    counts = ["部门名称", "有效样本框", "抽样数"]
    levels = [f"{answer}（%）" for answer in ("满意率", "比较满意率", "基本满意率", "不太满意率", "不满意率")]
    return [
        ([*counts, *levels], [(name, "20", "10", "100.00", *["0.00"] * 4) for name in names]),
        ([*counts, "实现率（%）", "未实现率（%）"], [(name, "20", "10", "100.00", "0.00") for name in names]),
    ]


def case_rows(names: Sequence[str]) -> list[Sequence[str]]:
    return [(f"YH-{number}", name, "2018-03-01", PHONES[number], "查档", "张三") for number, name in enumerate(names)]


def names_in(tmp_path: Path, names: Sequence[str], region: str = REGION) -> draft.Names:
    files = {"frame.csv": frame(*case_rows(names)), "calls.csv": calls(ONE_CALL)}
    sent = write_delivery(tmp_path / "exports", files, region=region, quarter=QUARTER)
    return draft.read_names(sent, tmp_path, SEEDS)


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    return copied_seeds(tmp_path)


def proposed(tmp_path: Path, seeds: Path, names: Sequence[str], region: str = REGION) -> draft.Draft:
    return draft.propose(names_in(tmp_path, names, region), seeds, Scope(region, QUARTER))


def lines_of(found: draft.Draft, file: str) -> list[str]:
    """What a person copies from the page for one file."""
    text = draft_text.as_text(found, Path("seeds")).split(f"==> {file}.csv\n")
    return text[1].split("\n\n")[0].splitlines() if len(text) > 1 else []


def test_each_name_gets_a_code_the_most_frequent_first(tmp_path: Path, seeds: Path) -> None:
    found = proposed(tmp_path, seeds, ["区教育局", "区档案局", "区档案局", "区司法局"])
    assert lines_of(found, "departments") == [
        "330110-001,330110,区档案局,2018Q1,",
        "330110-002,330110,区司法局,2018Q1,",
        "330110-003,330110,区教育局,2018Q1,",
    ]
    assert (found.names.row_count, found.known_count) == (4, 0)


def test_spellings_that_fold_to_one_key_are_one_name_as_it_is_written_most_often(tmp_path: Path, seeds: Path) -> None:
    forms = [
        "区公安分局(户籍)",
        "区公安分局（户籍）",
        "区公安分局（户籍）",
        "区公安分局（户\n籍）",
        " 区公安分局（户籍） ",
    ]
    (only,) = proposed(tmp_path, seeds, forms).departments
    assert (only.name, only.row_count) == ("区公安分局（户籍）", 5)
    assert dict(only.spellings) == {"区公安分局（户籍）": 3, "区公安分局(户籍)": 1, "区公安分局（户 籍）": 1}


@pytest.mark.parametrize(("names", "is_asked"), [(["区教肓局", "区教育局"], True), (["区司法局", "区教育局"], False)])
def test_questions_are_spoken_of_where_there_are_some(
    tmp_path: Path, seeds: Path, names: Sequence[str], is_asked: bool
) -> None:
    page = draft_text.as_text(proposed(tmp_path, seeds, names), Path("seeds"))
    assert ("  1. Answer the questions at the end" in page) is is_asked
    assert f"  {3 if is_asked else 2}. Append the lines below" in page
    told = in_chinese(page)
    assert ("  1. 与熟悉各部门的人逐条核对文末的问题。" in told) is is_asked
    assert f"  {3 if is_asked else 2}. 将以下各行添加到 seeds 中的文件" in told


@pytest.mark.parametrize(("written", "name"), [("区档案\n局", "区档案局"), ("区 OA Office 中心", "区OA Office中心")])
def test_a_name_is_proposed_without_the_spaces_of_a_line_break(
    tmp_path: Path, seeds: Path, written: str, name: str
) -> None:
    (only,) = proposed(tmp_path, seeds, [written]).departments
    assert only.name == name


@pytest.mark.parametrize(
    ("rare", "frequent", "signs_only"),
    [
        ("区教肓局", "区教育局", False),  # a misspelling
        ("区农水局", "区农业局", False),  # two offices
        ("区人社局", "区人力资源和社会保障局", False),  # an abbreviation
        ("市场监管局", "区市场监管局", False),
        ("区公安分局户籍", "区公安分局（户籍）", True),
    ],
)
def test_names_that_resemble_each_other_are_asked_about_and_not_merged(
    tmp_path: Path, seeds: Path, rare: str, frequent: str, signs_only: bool
) -> None:
    found = proposed(tmp_path, seeds, [rare, frequent, frequent, "消防大队"])
    assert [row.name for row in found.departments if row.name != "消防大队"] == [frequent, rare]
    (question,) = found.questions
    assert (question.proposed.name, question.other_name) == (rare, frequent)
    assert question.differ_in_signs_only is signs_only
    page = draft_text.as_text(found, Path("seeds"))
    assert f"     330110,{rare},330110-001,2018Q1,\n" in page, "the alias is ready to copy"


@pytest.mark.parametrize(
    ("one", "other"), [("区司法局", "消防大队"), ("区财政局", "区司法局"), ("区环保局", "区环卫处")]
)
def test_names_that_merely_share_a_word_are_not_asked_about(tmp_path: Path, seeds: Path, one: str, other: str) -> None:
    assert proposed(tmp_path, seeds, [one, other]).questions == ()


def test_a_region_that_has_a_register_gets_what_it_lacks_and_codes_go_on(tmp_path: Path, seeds: Path) -> None:
    add(seeds, "regions", (REGION, "余杭区", "330100", "district", "true"))
    add(seeds, "departments", ("330110-007", REGION, "区旧局", "2016Q1", "2017Q4"))
    add(seeds, "departments", ("330110-002", REGION, "区教育局", "2018Q1", ""))
    add(seeds, "department_aliases", (REGION, "教育", "330110-002", "2018Q1", ""))
    found = proposed(tmp_path, seeds, ["教 育", "区教育局", "区教肓局", "区旧局"])
    assert lines_of(found, "departments") == ["330110-008,330110,区教肓局,2018Q1,", "330110-009,330110,区旧局,2018Q1,"]
    assert lines_of(found, "regions") == []
    assert found.known_count == 2
    assert [(row.proposed.name, row.other_code) for row in found.questions] == [("区教肓局", "330110-002")]


def test_where_the_register_knows_every_name_there_is_nothing_to_add(tmp_path: Path) -> None:
    found = proposed(tmp_path, SEEDS, ["区档案局", "区 档案局"], region="330109")
    page = draft_text.as_text(found, Path("seeds"))
    assert "2 frame rows, 1 department names: 1 known, 0 new" in page
    assert "The register knows every name of the frame: there is nothing to add." in page
    assert "==>" not in page


@pytest.mark.parametrize(
    ("region", "rows"),
    [
        ("330110", ["330110,,330100,district,true,,"]),
        ("330200", ["330200,,330000,city,true,,"]),
        ("330212", ["330200,,330000,city,false,,", "330212,,330200,district,true,,"]),
        ("440305", ["440000,,,province,false,,", "440300,,440000,city,false,,", "440305,,440300,district,true,,"]),
        ("440000", ["440000,,,province,true,,"]),
    ],
)
def test_an_unknown_region_is_drafted_with_those_above_it(
    tmp_path: Path, seeds: Path, region: str, rows: list[str]
) -> None:
    assert lines_of(proposed(tmp_path, seeds, ["区档案局"], region=region), "regions") == rows


def test_what_is_no_name_is_counted_and_not_shown(tmp_path: Path, seeds: Path) -> None:
    """A phone or identity number in the column, a sentence; and nothing at all."""
    strange = ["15412345678", "局 330109199001011234", "长" * 61]
    found = proposed(tmp_path, seeds, ["区档案局", "", "　", *strange])
    page = draft_text.as_text(found, Path("seeds"))
    assert [row.name for row in found.departments] == ["区档案局"]
    assert "2 rows without a department name; 3 rows with a personal number or over 60 characters for a name" in page
    assert not any(name in page for name in strange)


def test_a_name_is_drafted_as_landing_will_read_it(tmp_path: Path, seeds: Path) -> None:
    found = proposed(tmp_path, seeds, ["区档\u200b案局", "区档案局", "区\x1b教育局"])
    assert [(row.name, row.row_count) for row in found.departments] == [("区档案局", 2), ("区教育局", 1)]


def test_no_other_column_of_the_frame_is_kept(tmp_path: Path, seeds: Path) -> None:
    found = proposed(tmp_path, seeds, ["区档案局"] * 50 + ["区教育局"] * 50)
    told = draft_text.as_text(found, Path("seeds")) + repr(found)
    assert not any(secret in told for secret in [*PHONES, "张三", "YH-1"])


def test_all_parts_of_a_frame_are_read_and_a_broken_row_is_not_a_name(tmp_path: Path, seeds: Path) -> None:
    second = as_csv(("部门", "办件编号", "办结日期", "手机号"), [("区教育局", "YH-9", "2018-03-01", PHONES[9])])
    broken = as_csv(("办件编号", "部门名称", "办结日期", "联系电话"), [("YH-1", "区档案局", "2018-03-01", PHONES[1])])
    broken += "YH-2,区某某,局,2018-03-01,多一格\n".encode()
    files = {
        "frame-1.csv": (broken, 2),
        "frame-2.csv.gz": (gzip.compress(second, mtime=0), 1),
        "calls.csv": calls(ONE_CALL),
    }
    sent = write_delivery(tmp_path / "exports", files, region=REGION, quarter=QUARTER)
    found = draft.read_names(sent, tmp_path, SEEDS)
    assert set(found.spellings) == {"区档案局", "区教育局"}
    assert found.unnamed_count == 1


def test_where_only_annexes_were_sent_their_names_are_drafted(tmp_path: Path, seeds: Path) -> None:
    """A district of which nothing but a notice is known; its departments stand in both annexes."""
    annexes = annexes_of(OFFICES)
    files = {
        f"published-{number}.csv": (as_csv(*table), len(table[1])) for number, table in enumerate(annexes, start=1)
    }
    sent = write_delivery(tmp_path / "exports", files, region=REGION, quarter=QUARTER)
    names = draft.read_names(sent, tmp_path, SEEDS)
    assert {spelling: counted.total() for spelling, counted in names.spellings.items()} == dict.fromkeys(OFFICES, 2)
    found = draft.propose(names, seeds, Scope(REGION, QUARTER))
    assert len(lines_of(found, "departments")) == len(OFFICES)
    page = draft_text.as_text(found, Path("seeds"))
    assert page.startswith("Draft of a register for 330110, from the annex of 2018Q1\n4 annex rows, 2 department names")
    assert in_chinese(page).startswith("330110 登记表草稿，依据 2018Q1 的附件\n附件 4 行，2 个部门名称")


@pytest.mark.parametrize(
    ("files", "kind", "words"),
    [
        ({"calls.csv": calls(ONE_CALL)}, UsageError, "330110 2018Q1: the delivery has neither a frame nor annexes"),
        (
            {"frame.csv": frame(*[(f"YH-{n}", f"第{n}号", *ONE_CASE[2:]) for n in range(1_001)])},
            UsageError,
            "more than 1,000 different names",
        ),
        ({"frame.csv": (b"\x00\x01", 1)}, DeliveryRefused, "frame.csv cannot be read"),
    ],
)
def test_a_delivery_that_tells_no_names_is_an_error(
    tmp_path: Path, files: dict[str, tuple[bytes, int]], kind: type[Exception], words: str
) -> None:
    sent = write_delivery(tmp_path / "exports", files, region=REGION, quarter=QUARTER)
    with pytest.raises(kind, match=words):
        draft.read_names(sent, tmp_path, SEEDS)


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Delivery:
    for name in ("DBT_PROJECT", "PRIVACY_KEY", "PRIVACY_KEY_FILE"):
        monkeypatch.delenv(f"CALLBACK_SURVEY_{name}", raising=False)
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path / "home"))
    files = {"frame.csv": frame(*case_rows(["区档案局", "区教育局"])), "calls.csv": calls(ONE_CALL)}
    return write_delivery(tmp_path / "exports", files, region=REGION, quarter=QUARTER)


def propose(sent: Delivery, *more: str, quarter: str = QUARTER) -> int:
    exports = str(sent.folder.parents[1])
    return main.main(["register", "propose", "--region", REGION, "--quarter", quarter, "--exports", exports, *more])


def test_the_command_prints_the_draft_needs_no_key_and_leaves_nothing(
    sent: Delivery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree_of(SEEDS)
    assert propose(sent) == 0
    assert "330110-001,330110,区教育局,2018Q1,\n330110-002,330110,区档案局,2018Q1,\n" in capsys.readouterr().out
    assert tree_of(tmp_path / "home") == {} and tree_of(SEEDS) == before


def test_the_draft_goes_to_a_new_file_and_never_over_another(
    sent: Delivery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "draft.txt"
    assert propose(sent, "--output", str(output)) == 0
    first = output.read_bytes()
    assert "==> departments.csv" in first.decode()
    assert propose(sent, "--output", str(output)) == 2
    assert f"{output} already exists" in capsys.readouterr().err
    assert output.read_bytes() == first


def test_a_folder_without_a_manifest_is_read_on_a_persons_word(
    sent: Delivery, capsys: pytest.CaptureFixture[str]
) -> None:
    (sent.folder / "manifest.json").unlink()
    assert propose(sent) == 3
    assert propose(sent, "--without-manifest") == 0
    assert "330110-001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--region", "33011", "--quarter", "2018Q1"], "not a region code: '33011'"),
        (["--region", "330110", "--quarter", "Q1"], "not a quarter: 'Q1'"),
        (["--region", "330110", "--quarter", "2018Q2"], "no delivery for 2018Q2 of region 330110"),
    ],
)
def test_a_wrong_argument_ends_with_2(
    sent: Delivery, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["register", "propose", "--exports", str(sent.folder.parents[1]), *arguments]) == 2
    assert words in capsys.readouterr().err
