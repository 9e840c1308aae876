"""What a district gives of its notices once: found by region and quarter, printed, and refused by name where it is wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from callback_survey.documents.notice.data import MeasureSummary, NoticeData
from callback_survey.documents.notice.own_texts import OwnTexts, own_texts, read
from callback_survey.documents.notice.text import compose
from callback_survey.errors import RegisterError, UsageError
from callback_survey.registers import instance
from callback_survey.scope import Scope
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[notice]", "it is no TOML"),
        ("issuer = 1", "expected entries that begin with"),
        ("notice = 1", "expected entries that begin with"),
        ('[[notice]]\nregion_code = 330108\nsince = "2018Q1"\nseal = ""', "entry 1: unknown field seal"),
        ('[[notice]]\nregion_code = "33010"\nsince = "2018Q1"', "entry 1: region_code is not six digits"),
        ('[[notice]]\nregion_code = "330108"\nsince = "2018"', "entry 1: since is not a quarter"),
        (
            GIVEN + '[[notice]]\nregion_code = "330108"\nsince = "2018Q1"',
            "entry 3: 330108 has an entry since 2018Q1 already",
        ),
    ],
)
def test_what_cannot_be_understood_is_refused_by_entry_and_field(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "notices.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RegisterError, match=r"notices\.toml cannot be used") as refused:
        read(file)
    assert said in refused.value.what and refused.value.where == str(file)


def test_a_text_of_two_lines_is_no_heading(tmp_path: Path) -> None:
    file = tmp_path / "notices.toml"
    file.write_text(GIVEN.replace("区数据局", "区数据局\\n共两行"), encoding="utf-8")
    with pytest.raises(UsageError, match=r"notices\.toml: issuer"):
        read(file)


def test_the_file_of_a_new_instance_is_understood(tmp_path: Path) -> None:
    instance.create(tmp_path / "survey", REPOSITORY / "dbt_project" / "seeds", "330110")
    file = tmp_path / "survey" / "notices.toml"
    assert read(file) == []
    text = file.read_text(encoding="utf-8")
    example = "\n".join(line.removeprefix("# ") for line in text.splitlines()[3:])
    file.write_text(example, encoding="utf-8")
    assert own_texts(file, Scope("330110", "2018Q1")) == OwnTexts("某区跑改办", "各有关单位")
