"""How outcomes and answers are spelled: every disposition of the data contract, in each of its spellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sample_exports.make.dice import Dice

# The word first, then the numbers that mean the same.
SATISFACTION: Mapping[str, tuple[str, ...]] = {
    "satisfied": ("满意", "5"),
    "fairly_satisfied": ("比较满意", "4"),
    "basically_satisfied": ("基本满意", "3"),
    "rather_dissatisfied": ("不太满意", "2"),
    "dissatisfied": ("不满意", "1"),
}
VISITS: Mapping[str, tuple[str, ...]] = {
    "zero_visits": ("零上门", "0"),
    "one_visit": ("一次", "1"),
    "two_or_more_visits": ("两次及以上", "2", "3"),
}
_DISPOSITIONS = {
    "completed": ("成功", "完成", "已完成", "回访成功", "接通完成"),
    "partial": ("部分完成",),
    "refused": ("拒访", "拒绝", "拒绝回访"),
    "no_answer": ("无人接听", "未接"),
    "busy": ("占线", "忙线"),
    "callback_later": ("稍后回访", "改约"),
    "wrong_person": ("非本人", "号码错误"),
    "not_in_service": ("空号", "停机"),
    "ineligible": ("不符合条件",),
    "other": ("其他",),
}
# How a case without any answer ends, by rough frequency.
UNANSWERED_ENDINGS = (
    *("no_answer",) * 8,
    *("refused",) * 5,
    *("busy",) * 2,
    *("callback_later",) * 2,
    *("wrong_person",) * 2,
    *("not_in_service",) * 2,
    "ineligible",
    "other",
)
AGENTS = tuple(f"样例{number:02d}" for number in range(1, 13))

_FIRST_SPELLING_SHARE = 0.8

_HARMLESS_COMMENTS = (
    "样例备注：希望延长窗口服务时间",
    "样例备注：材料清单不够清楚",
    "样例备注：工作人员态度好",
    '样例备注：当事人说"都好"，没有别的意见',
    "样例备注：网上提交后,再到窗口领取",
    "样例备注：通话有杂音",
)
# The numbers belong to nobody (154 is no network's range, 99 no province's code). Landing has to take them out.
_COMMENTS_TO_SCRUB = (
    "样例备注：请改打15400005678",
    "样例备注：另有号码154 0000 6789，下午可接",
    "样例备注：本人换号为+86-154-0000-7890",
    "样例备注：登记的证件号99000019000101000X有误",
)
_COMMENT_SHARE = 0.03

# What people said when they were asked why, in the words of whoever noted it; the last one fits no category.
_REASONS = (
    "办理时间长",
    "材料多次补充",
    "跑动次数多",
    "窗口排队久",
    "服务态度差",
    "告知不清楚",
    "系统故障",
    "样例原因：说不上来",
)
_REASON_SHARE = 0.8


def disposition(code: str, dice: Dice) -> str:
    """One spelling of a disposition, mostly the first."""
    spellings = _DISPOSITIONS[code]
    return spellings[0] if dice.is_hit(_FIRST_SPELLING_SHARE) else dice.one_of(spellings)


def reasons(answers: Sequence[str | None], dice: Dice) -> list[str]:
    """Why somebody was not satisfied, where they were asked and said it: only below 满意, and not by everyone."""
    return [
        dice.one_of(_REASONS) if answer not in (None, "satisfied") and dice.is_hit(_REASON_SHARE) else ""
        for answer in answers
    ]


def comments(count: int, dice: Dice) -> list[str]:
    """A comment for each of `count` calls: mostly blank, some harmless, a few with numbers that must be scrubbed."""
    texts = [dice.one_of(_HARMLESS_COMMENTS) if dice.is_hit(_COMMENT_SHARE) else "" for _ in range(count)]
    places = dice.shuffled(range(count))
    for place, text in zip(places, _COMMENTS_TO_SCRUB, strict=False):
        texts[place] = text
    return texts
