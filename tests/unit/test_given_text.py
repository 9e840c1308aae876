"""What people and companies give in words of their own is one paragraph that can be printed, or is refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callback_survey.errors import UsageError
from callback_survey.given_text import MOST_CHARACTERS, fault_in, given_text, paragraph


@pytest.mark.parametrize(
    ("given_as", "kept"),
    [
        ("数据\v已核对", "数据 已核对"),
        ("第一段\n\n  第二段\t完", "第一段 第二段 完"),
        ("a\x1b[31mb\x07", "a[31mb"),
        ("反\u202e的\ufeff", "反的"),
        ("\u3000已核对✅ ", "已核对✅"),
        ("𠮷野", "𠮷野"),
    ],
)
def test_white_space_is_one_space_and_what_cannot_be_seen_is_gone(given_as: str, kept: str) -> None:
    assert given_text("--reason", given_as) == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" \u200b\n", "--reason is empty"),
        ("x" * (MOST_CHARACTERS + 1), "it has 301 characters"),
        ("\ue000", "a character of it cannot be printed"),
        ("a\ud800b", "a character of it cannot be printed"),
        ("a\ufffeb", "a character of it cannot be printed"),
        ("请问 154\u200b0000\u00ad0001", "--reason contains a phone or identity number"),
    ],
)
def test_what_cannot_be_printed_is_refused_by_its_name(text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        given_text("--reason", text)
    assert said in str(refused.value)
    assert str(refused.value).replace("…", "").isascii() and len(str(refused.value)) < 400


def test_a_text_of_the_greatest_length_is_taken_and_a_heading_is_one_line() -> None:
    assert len(given_text("--reason", "说" * MOST_CHARACTERS)) == MOST_CHARACTERS
    assert given_text("--issuer", " 跑改办\n", is_line=True, is_required=False) == "跑改办"
    assert given_text("--issuer", "", is_required=False) == ""
    with pytest.raises(UsageError, match="more than one line"):
        given_text("--number", "5号\n附件", is_line=True)


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=400))
def test_what_is_taken_is_one_line_of_visible_characters(text: str) -> None:
    """Whatever is given: a chart library that meets a control character ends the process."""
    kept = paragraph(text)
    assert kept == paragraph(kept)
    if fault_in(text) is None:
        assert kept.isprintable() and kept == kept.strip() and "  " not in kept and len(kept) <= MOST_CHARACTERS
        kept.encode("utf-8")
