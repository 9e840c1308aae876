"""What a district gives of its notices once: found by region and quarter, printed, and refused by name where it is wrong."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from callback_survey.documents.notice.data import MeasureSummary, NoticeData
from callback_survey.documents.notice.own_texts import _KNOWN, OwnTexts, own_texts, read
from callback_survey.documents.notice.text import compose
from callback_survey.documents.notice.texts import Texts
from callback_survey.errors import RegisterError
from callback_survey.registers import instance
from callback_survey.scope import Scope
from callback_survey.wording.translation import in_chinese
from english_left import english_runs
from homes import REPOSITORY

GIVEN = """
[[notice]]
region_code = "330108"
since = "2019Q1"
issuer = "区数据局"
addressees = "各有关单位"
[[notice]]
region_code = "330108"
since = "2018Q1"
issuer = "区跑改办"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "notices.toml").write_text(GIVEN, encoding="utf-8")
    return tmp_path / "notices.toml"


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        (Scope("330108", "2017Q4"), OwnTexts()),
        (Scope("330108", "2018Q1"), OwnTexts("区跑改办")),
        (Scope("330108", "2018Q4"), OwnTexts("区跑改办")),
        (Scope("330108", "2020Q2"), OwnTexts("区数据局", "各有关单位")),
        (Scope("330109", "2018Q1"), OwnTexts()),
    ],
)
def test_the_last_entry_of_the_region_until_the_quarter_holds(file: Path, scope: Scope, found: OwnTexts) -> None:
    assert own_texts(file, scope) == found


def test_without_a_file_nothing_is_given(tmp_path: Path) -> None:
    assert own_texts(None, Scope("330109", "2018Q1")) == OwnTexts()
    assert own_texts(tmp_path / "notices.toml", Scope("330109", "2018Q1")) == OwnTexts()


def test_a_draft_bears_them(file: Path) -> None:
    heading = own_texts(file, Scope("330108", "2020Q2")).heading
    average = Decimal("90.00")
    measure = MeasureSummary(
        "satisfaction",
        "满意率",
        "top_box",
        None,
        3,
        3,
        average,
        None,
        None,
        None,
        None,
        (),
        (),
        annex=(),
        share_labels=(),
    )
    text = compose(NoticeData("330108", "样区", None, "2020Q2", (measure,), {}), heading=heading)
    assert (text.heading.issuer, text.heading.addressees, text.heading.is_draft) == ("区数据局", "各有关单位", True)
    # a sign that no font has is marked in them, too
    assert text.without({"数"}).heading.issuer == "区〓据局"


ENTRY = '[[notice]]\nregion_code = "330108"\nsince = "2018Q1"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[notice]", "it is no TOML: line 1, column "),
        ("issuer = 1", "expected entries that begin with"),
        ("notice = 1", "expected entries that begin with"),
        ("notice = [1]", "expected entries that begin with"),
        (ENTRY + 'adressees = ""', "entry 1: unknown field adressees; nearest: addressees"),
        (ENTRY + 'x = ""', "entry 1: unknown field x; known are region_code, since, until"),
        ('[[notice]]\nregion_code = 330108\nsince = "2018Q1"', "entry 1, region_code: not six digits"),
        ('[[notice]]\nregion_code = "33010"\nsince = "2018Q1"', "entry 1, region_code: not six digits"),
        ('[[notice]]\nregion_code = "330108"\nsince = "2018"', "entry 1, since: not a quarter"),
        ('[[notice]]\nregion_code = "330108"', "entry 1, since: not a quarter"),
        (ENTRY + 'until = "2017Q4"', "entry 1: until is before since"),
        (GIVEN + ENTRY, "entry 3: 330108 has an entry since 2018Q1 already"),
        (
            GIVEN.replace("区数据局", "区数据局\\n共两行"),
            "entry 1: issuer cannot be printed: it has more than one line",
        ),
        (ENTRY + f'seal = "{"长" * 61}"', "entry 1: seal cannot be printed: it has 61 characters"),
        (ENTRY + 'contact = "13800000000"', "entry 1: contact contains a phone or identity number"),
        (ENTRY + "issuer = 1", "entry 1, issuer: no text in quotes"),
        (ENTRY + "basis = [1]", "entry 1, basis: no text in quotes"),
        (ENTRY + 'form = "brief"', "entry 1, form: none of long, short"),
        (ENTRY + 'is_red = "yes"', "entry 1, is_red: neither true nor false"),
        (ENTRY + 'title = "关于{季度}的通报"', "entry 1, title: unknown placeholder 季度; known are period"),
        (ENTRY + 'target = "目标{period"', "entry 1, target: a brace of it has no other half"),
        (ENTRY + 'title = "关于|"', "entry 1, title: a line of it is empty"),
        (ENTRY + 'printed_on = "2018-06-05"', "entry 1: printed_on is for one notice"),
        (ENTRY + 'until = "2018Q1"\nprinted_on = "June"', "entry 1, printed_on: no date"),
        (ENTRY + 'until = "2018Q1"\nprinted_on = 2018-03-31', "entry 1: printed_on is not after the end of 2018Q1"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_entry_and_field(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "notices.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RegisterError, match=r"notices\.toml cannot be used") as refused:
        read(file)
    assert said in refused.value.what and refused.value.where == str(file)
    assert not english_runs(in_chinese(refused.value.what))


def test_every_text_of_a_district_is_read_and_an_entry_ends(tmp_path: Path) -> None:
    file = tmp_path / "notices.toml"
    file.write_text(
        ENTRY
        + """until = "2018Q1"
source = "区综合考评实施意见"
form = "short"
title = "关于{period}{programme}|电话回访情况的通报"
programme = "“最多跑一次”改革"
cases = "工单"
basis = ["一段。", "又一段。"]
target = "目标是进入前列。"
request = "请落实。"
next_notice = "下一期在秋天。"
contact = "区跑改办"
seal = "（某中心代章）"
copies = "区委办公室。"
printed_by = "区政府办公室"
printed_on = 2018-06-05
is_red = true
""",
        encoding="utf-8",
    )
    assert own_texts(file, Scope("330108", "2018Q1")).texts == Texts(
        form="short",
        title="关于{period}{programme}|电话回访情况的通报",
        programme="“最多跑一次”改革",
        cases="工单",
        basis=("一段。", "又一段。"),
        target="目标是进入前列。",
        request=("请落实。",),
        seal="（某中心代章）",
        copies="区委办公室。",
        contact="区跑改办",
        next_notice="下一期在秋天。",
        printed_by="区政府办公室",
        printed_on=date(2018, 6, 5),
        is_red=True,
    )
    assert own_texts(file, Scope("330108", "2018Q2")) == OwnTexts()


def test_an_empty_text_is_none(tmp_path: Path) -> None:
    file = tmp_path / "notices.toml"
    file.write_text(ENTRY + 'addressees = ""\ncases = " "\nbasis = []\n', encoding="utf-8")
    assert own_texts(file, Scope("330108", "2018Q1")) == OwnTexts()


def test_a_title_says_its_quarter_and_has_a_form_of_its_own_where_none_is_given() -> None:
    given = Texts(title="关于{period}{programme}{measures}|电话回访情况的通报", programme="热线")
    assert given.fitted("某区", "2018Q1", ["满意率", "解决率"]).title == (
        "关于2018年第一季度热线满意率、解决率|电话回访情况的通报"
    )
    assert Texts(cases="工单").fitted("某区", "2018Q1", []).title == "某区|2018年第一季度工单电话回访情况通报"
    assert Texts(target="{period}的目标").fitted("某区", "2018Q1", []).target == "2018年第一季度的目标"


def test_the_file_of_a_new_instance_is_understood(tmp_path: Path) -> None:
    instance.create(tmp_path / "survey", REPOSITORY / "dbt_project" / "seeds", "330110")
    file = tmp_path / "survey" / "notices.toml"
    assert read(file) == []
    text = file.read_text(encoding="utf-8")
    example = "\n".join(line.removeprefix("# ") for line in text.splitlines()[4:])
    file.write_text(example, encoding="utf-8")
    own = own_texts(file, Scope("330110", "2018Q1"))
    assert (own.issuer, own.addressees, own.texts.copies) == ("某区跑改办", "各有关单位", "区委办公室。")
    # it shows each field but those of a single notice, and where texts come from
    shown = set(re.findall("^([a-z_]+) = ", example, flags=re.MULTILINE))
    assert shown == set(_KNOWN) - {"until", "printed_on", "source"}


def test_the_samples_own_file_is_understood() -> None:
    file = REPOSITORY / "sample_exports" / "notices.toml"
    assert own_texts(file, Scope("330109", "2018Q1")).texts.form == "short"
    assert own_texts(file, Scope("330109", "2018Q2")).texts.form == "long"
    assert own_texts(file, Scope("510107", "2021Q2")).texts.cases == "工单"
