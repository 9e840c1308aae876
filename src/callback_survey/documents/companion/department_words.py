"""What a department's own page says: of each measure a sentence, its figures in words, and how its series goes on."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from callback_survey.documents.companion import wording
from callback_survey.documents.companion.answers import Contribution, Points, Predecessor
from callback_survey.documents.companion.history import History, QuarterRate
from callback_survey.documents.companion.model import DepartmentRate, Flag, MeasureFigures
from callback_survey.wording import signs, terms
from callback_survey.wording.figures import count, percent


def how_to_read(cases: str, is_published_only: bool) -> tuple[str, ...]:
    lines = "各季度的连线只连可以相比的季度：机构合并、口径改变和没有结果的，线断开；灰色虚线是各季度的部门平均。"
    if is_published_only:
        return (
            "位置图：记号是本部门印发的比率，细竖线是其他各部门，虚线是参照值；有效回答数不详，没有区间，也不作检验。",
            lines,
        )
    return (
        f"位置图：记号是本部门的比率，粗横线是 95% 区间（样本框内的{cases}全部问到时，比率大致在线内；回答越少，线越长），"
        "细竖线是其他各部门，虚线是参照值。横线没有跨过平均线、却没有超出抽样误差的也有：判断时还考虑了同时比较许多部门。",
        lines,
    )


def reasons(cases: str) -> str:
    """Why no reasons are counted here: docs/decisions.md, 206."""
    return f"不满意的原因不列：人数少，可能认出是谁；由负责回访整改的人员随{cases}转告。"


def main_point(found: DepartmentRate, figures: MeasureFigures) -> str:
    """A department's rate against the average and against the quarter before, and no more than was tested."""
    name = figures.measure_name
    if found.is_suppressed and not found.is_rated:
        return f"{name}：人数少，为保护答复人不公布。"
    if not found.is_rated and figures.is_published_only and found.sample_count is None:
        return f"{name}：原印发的附件没有列出本部门，是否抽样不详，不作评价，不是零分。"
    if not found.is_rated:
        why = "没有抽样" if found.sample_count == 0 else "没有人回答该题"
        return f"{name}：本季度{why}，没有结果，不作评价，不是零分。"
    said = f"{name} {percent(found.rate_pct)}%"
    if found.has_few:
        return f"{said}，只有 {count(found.answered_count)} 人回答，仅列数字，不作评价。"
    return f"{said}，{_against_average(found, figures)}{_change(found)}。"


def _against_average(found: DepartmentRate, figures: MeasureFigures) -> str:
    assert found.rate_pct is not None
    if figures.average_pct is None:
        return "没有部门平均可比"
    gap = found.rate_pct - figures.average_pct
    side = (
        f"高于部门平均 {gap:.2f} 个百分点"
        if gap > 0
        else f"低于部门平均 {-gap:.2f} 个百分点"
        if gap
        else "与部门平均相同"
    )
    if not gap:
        return side
    if figures.is_published_only:
        return f"{side}，有效回答数不详，未作检验"
    return side + {
        Flag.ABOVE_BEYOND_CHANCE: f"，超出抽样误差（仅就本季度{figures.cases}）",
        Flag.BELOW_BEYOND_CHANCE: f"，超出抽样误差（仅就本季度{figures.cases}），"
        + ("按部门水平还不能排除偶然" if figures.is_firm_tested else signs.FIRM_UNTESTED),
        Flag.BELOW_SUPERPOPULATION: "，超出抽样误差，按部门水平仍低于平均",
    }.get(found.flag, "，差距在抽样误差以内")


def _change(found: DepartmentRate) -> str:
    return f"；比上季度 {wording.change_in_words(found)}" if found.is_compared else ""


def details(found: DepartmentRate, figures: MeasureFigures) -> list[tuple[str, str]]:
    """A department's figures of a measure, in words: on its page, and on the page that answers."""
    rate = "*" if found.is_suppressed and not found.is_rated else percent(found.rate_pct)
    rated = len([one for one in figures.rated if one.rate_rank is not None])
    return [
        (figures.measure_name, f"{rate}%" if found.is_rated else rate),
        ("部门平均", f"{percent(figures.average_pct)}%" if figures.average_pct is not None else "—"),
        ("与平均相比", figures.flag_labels[found.flag]),
        ("有效回答数", count(found.answered_count)),
        ("抽样 / 有效样本框", f"{count(found.sample_count)} / {count(found.valid_frame_count)}"),
        ("95% 区间", f"{wording.interval(found)}%" if wording.interval(found) != "—" else "—"),
        ("没有回答的人", wording.robustness(found)),
        ("名次（范围）", f"{wording.rank(found)}，共 {rated} 个" if found.is_rated and rated else "—"),
        ("比上季度", wording.change_in_words(found)),
        ("可靠程度", {"†": "慎用：回答少或误差大", "‡": "回答过少，不作评价"}.get(found.mark, "—")),
    ]


def series_notes(
    rates: Sequence[QuarterRate], found: DepartmentRate, history: History, predecessors: Sequence[Predecessor]
) -> list[str]:
    """What a reader of the trend must know: other names, offices that were merged, other definitions, what was corrected."""
    said = []
    names = dict.fromkeys(rate.department_name for rate in rates if rate.department_name != found.department_name)
    for name in names:
        last = max(rate.quarter for rate in rates if rate.department_name == name)
        said.append(f"{terms.period(last)}及以前名为{name}，前后相连")
    merged: dict[str, list[str]] = {}
    for predecessor in predecessors:
        if predecessor.since in history.quarters:
            merged.setdefault(predecessor.since, []).append(predecessor.name)
    for since, offices in merged.items():
        said.append(f"{terms.period(since)}起承接{'、'.join(offices)}，此前的数字不相连")
    known = [rate for rate in rates if rate.rate_pct is not None]
    if any(one.measure_definition != other.measure_definition for one, other in pairwise(known)):
        said.append("口径有调整，调整前后不相连")
    if any(rate.is_suppressed and rate.rate_pct is None for rate in rates):
        said.append("“*”为保护答复人不公布")
    return said


def points_notes(points: Points) -> list[str]:
    said = []
    if points.margin is not None and margin(points) != score(points.points):
        said.append(f"各项比率都在其区间以内时，得分在 {points.margin[0]:.2f} 至 {points.margin[1]:.2f} 之间")
    if points.points is None:
        said.append("有指标没有结果，不计总分，也不按零分算")
    if points.module_pct is not None:
        said.append(f"该项所属模块占 {points.module_pct.normalize():f}%")
    if points.is_assumption:
        said.append("由比率换算得分的办法文件没有写明，此处按假定的规则计算，以考核单位的公布为准")
    return said


def score(points: Decimal | float | None) -> str:
    """Points of an assessment as documents print them, or a dash."""
    return "—" if points is None else f"{points:.2f}"


def margin(of: Points | Contribution) -> str:
    """Between which points a department lies if its rates lie in their intervals, or a dash."""
    low, high = (of.margin or (None, None)) if isinstance(of, Points) else (of.low, of.high)
    if low is None or high is None:
        return "—"
    ends = f"{low:.2f}", f"{high:.2f}"
    # who asked everybody has no margin
    return "–".join(dict.fromkeys(ends))
