"""A header is recognised by its canonical name or a listed one; what is missing is named with what was close."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback_survey.deliveries.headers import HeaderNotRecognised, fold
from callback_survey.registers import datasets_of_any_region
from known_headers import ACCEPTED, EVERY_HEADER, FULL_WIDTH, PERSONAL, REQUIRED, canonical, refusal, the_dataset
from lakes import SEEDS


@pytest.mark.parametrize(("dataset", "column", "header"), EVERY_HEADER)
def test_every_promised_header_means_its_column(dataset: str, column: str, header: str) -> None:
    cells = canonical(dataset)
    position = cells.index(column)
    cells[position] = header
    assert the_dataset(dataset).recognise(cells).positions[column] == position


def test_the_columns_are_those_of_the_contract() -> None:
    for dataset, columns in ACCEPTED.items():
        assert [column.name for column in the_dataset(dataset).columns] == list(columns)
        assert [column.name for column in the_dataset(dataset).columns if column.is_required] == REQUIRED[dataset]
        assert {column.name for column in the_dataset(dataset).columns if column.is_personal} == PERSONAL[dataset]


@pytest.mark.parametrize("dataset", ACCEPTED)
def test_no_header_means_two_columns(dataset: str) -> None:
    headers = [header for column in the_dataset(dataset).columns for header in column.headers]
    assert len(headers) == len(set(headers))


@given(st.sampled_from(EVERY_HEADER), st.randoms(use_true_random=False))
def test_width_white_space_and_letter_case_do_not_matter(example: tuple[str, str, str], chance: st.DataObject) -> None:
    dataset, column, header = example
    spaces = ["", " ", "\u3000", "\u00a0", "\n", "\t"]
    worn = "".join(
        chance.choice([char, char.upper(), char.translate(FULL_WIDTH)]) + chance.choice(spaces) for char in header
    )
    cells = [worn if name == column else name for name in canonical(dataset)]
    assert the_dataset(dataset).recognise(cells).positions[column] == cells.index(worn)


def test_folding_is_nfkc_without_white_space_in_lower_case() -> None:
    assert fold("　ＣＡＳＥ＿ＩＤ\n") == "case_id"
    assert fold("满意率（％）") == "满意率(%)"
    assert fold("ﾃｽﾄ") == "テスト", "NFKC, not only full-width ASCII"


def test_columns_may_stand_in_any_order() -> None:
    cells = list(reversed(canonical("calls")))
    assert the_dataset("calls").recognise(cells).positions == {name: index for index, name in enumerate(cells)}


@pytest.mark.parametrize("dataset", ["frame", "calls"])
def test_optional_columns_may_be_missing(dataset: str) -> None:
    assert set(the_dataset(dataset).recognise(REQUIRED[dataset]).positions) == set(REQUIRED[dataset])


@pytest.mark.parametrize(("dataset", "column"), [(name, column) for name in REQUIRED for column in REQUIRED[name]])
def test_a_missing_required_column_is_named_with_the_headers_looked_for(dataset: str, column: str) -> None:
    text = refusal(dataset, [name for name in canonical(dataset) if name != column])
    assert text.startswith(f"没有找到 {column}（")
    assert all(header in text for header in ACCEPTED[dataset][column])


def test_the_nearest_unknown_header_is_suggested() -> None:
    text = refusal("frame", ["办件编码", "部门名称", "办结日期", "联系电话"])
    assert text == "没有找到 case_id（办件编号、办件号、业务流水号）；最接近的列: 办件编码"


def test_nothing_is_suggested_where_nothing_is_close() -> None:
    assert (
        refusal("frame", ["天气", "部门名称", "办结日期", "联系电话"])
        == "没有找到 case_id（办件编号、办件号、业务流水号）"
    )


def test_every_missing_column_is_named_at_once() -> None:
    text = refusal("frame", ["部门名称", "办结日期"])
    assert [part.split("（")[0] for part in text.split("；")] == ["没有找到 case_id", "没有找到 phone"]


@pytest.mark.parametrize("second", ["办件编号", "办件号", "case_id", "ＣＡＳＥ＿ＩＤ", "*办件编号（必填）"])
def test_a_column_that_stands_twice_is_told_with_its_places(second: str) -> None:
    match = the_dataset("frame").recognise(["办件编号", *canonical("frame")[1:], second])
    assert match.positions["case_id"] == 0
    assert match.twins == {"case_id": (6,)}


def test_of_a_column_of_which_nothing_is_stored_there_may_be_several() -> None:
    match = the_dataset("frame").recognise([*canonical("frame"), "申请人", "联系人"])
    assert match.twins == {}
    assert match.unknown == ()


def test_unknown_columns_are_told_and_empty_heads_are_not() -> None:
    match = the_dataset("frame").recognise(["办件编号", " 天气 ", "", "部门名称", "  ", "办结日期", "联系电话", "备用"])
    assert match.unknown == ("天气", "备用")
    assert match.positions == {"case_id": 0, "department_name": 3, "completed_on": 5, "phone": 6}


@pytest.mark.parametrize("figure", ["satisfied_pct", "within_one_visit_pct"])
def test_an_annex_has_the_headline_of_one_of_the_two_measures(figure: str) -> None:
    required = REQUIRED["published"]
    assert figure in the_dataset("published").recognise([*required, figure]).positions
    text = refusal("published", required)
    assert "没有找到 satisfied_pct" in text
    assert "没有找到 within_one_visit_pct" in text


def test_the_header_row_is_the_one_with_the_most_known_cells() -> None:
    assert the_dataset("frame").count_recognised(["2018年一季度办件", "", ""]) == 0
    assert the_dataset("frame").count_recognised(["办件编号", "部门", "天气"]) == 2


@pytest.mark.parametrize(
    ("header", "question"),
    [
        ("1.您对本次办事是否满意？", "satisfaction"),
        ("Q1、您对区公积金中心的服务满意吗?（单选）", "satisfaction"),
        ("2. 为办成这件事您一共跑了几次？", "visits"),
        ("您到现场几趟", "visits"),
    ],
)
def test_a_header_may_be_the_question_in_full(header: str, question: str) -> None:
    cells = [*canonical("calls"), header]
    match = the_dataset("calls").recognise(cells)
    assert match.twins == {question: (len(cells) - 1,)}


@pytest.mark.parametrize("header", ["您对上次办事有何意见", "是否满意", "跑腿原因", "不满意率(%)"])
def test_a_sentence_about_something_else_is_no_question(header: str) -> None:
    assert the_dataset("calls").recognise([*canonical("calls"), header]).unknown == (header,)


def test_files_of_no_known_region_have_the_column_of_a_question_at_least() -> None:
    calls = next(known for known in datasets_of_any_region(SEEDS) if known.name == "calls")
    cells = ["办件编号", "回访时间", "回访结果"]
    assert "visits" in calls.recognise([*cells, "跑次"]).positions
    with pytest.raises(HeaderNotRecognised, match=r"没有找到 satisfaction.*没有找到 visits"):
        calls.recognise(cells)
