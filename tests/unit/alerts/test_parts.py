"""A text in parts: each fits, they are numbered, and a short message does not become fifty."""

from __future__ import annotations

import pytest

from callback_survey.alerts.parts import numbered

TITLE = "【失败】330109 2018Q1：第一道关口（交付检查）没有通过：拒收行占比过高 等 8 项检查"
BODY = "\n".join(f"第 {number} 项检查没有通过，见检查结果的页面" for number in range(40))


@pytest.mark.parametrize("room", [96, 160, 299])
def test_a_short_message_is_few_and_says_that_there_is_more(room: int) -> None:
    parts = numbered(TITLE * 2, BODY, room)
    assert 1 < len(parts) <= 4
    assert all(len(title) + len(body) <= room for title, body in parts)
    assert parts[0][0].startswith(TITLE[:20]) and parts[-1][1].endswith("…")
    assert min(len(body) for _, body in parts) >= 10


def test_elsewhere_nothing_is_left_out() -> None:
    parts = numbered(TITLE, BODY, 500)
    assert "\n".join(body for _, body in parts) == BODY
    assert [title.rpartition(" ")[2] for title, _ in parts] == [f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)]


def test_what_fits_is_one_message_without_a_number() -> None:
    assert numbered("题", "正文", 160) == [("题", "正文")]
