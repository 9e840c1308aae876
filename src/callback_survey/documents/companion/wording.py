"""The sentences of a companion. Each says no more than the statistics behind it: what is tested, and what is only lower."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from callback_survey.documents.companion.answers import Answer
from callback_survey.documents.companion.funnel import LEVELS, Funnel, outside
from callback_survey.documents.companion.history import QuarterRate
from callback_survey.documents.companion.model import CallOutcomes, DepartmentRate, FindingGroup, Flag, MeasureFigures
from callback_survey.local_time import local_date
from callback_survey.wording import terms
from callback_survey.wording.figures import percent
from callback_survey.wording.signs import (
    ABOVE_CHANCE,
    ABOVE_MARK,
    BEYOND_CHANCE,
    CASES,
    FEW,
    FIRM,
    FIRM_MARK,
    FIRM_UNTESTED,
    OPEN,
    QUARTER_MARK,
    REGRESSION,
    WITHIN_CHANCE,
    quarter_scope,
)
from callback_survey.wording.translation import in_chinese

if TYPE_CHECKING:
    from callback_survey.releases import Release

_NOT_COMPARED = {
    "no_previous": "上季度没有结果",
    "no_current": "本季度没有结果",
    "break_in_series": "机构或口径有调整",
    "counts_unknown": "有效回答数不详",
}
_MANY = 12  # names in a sentence; a longer list is in the table
_FLAGGED = 60  # a flag names everybody, as long as they fit on a page


def listed(names: Sequence[str], many: int = _MANY) -> str:
    """Names with their number; of a long list the first ones, and how many there are in all."""
    if len(names) > many:
        return f"{'、'.join(names[:many])}等 {len(names)} 个"
    return f"{'、'.join(names)}（{len(names)} 个）"


def flags(figures: MeasureFigures) -> list[tuple[str, str]]:
    """Which of the departments below the average are so by more than chance: a head and its sentence each."""
    if not figures.rated:
        return [("无结果", "本季度没有部门得出该项比率。")]
    if not figures.below and not figures.above_chance:
        return [("低于平均", "没有部门低于平均值。")]
    if figures.is_published_only:
        return [
            (f"低于平均 {len(figures.below)} 个", f"{listed(figures.below, _FLAGGED)}。"),
            ("不作检验", "仅存印发的附件，有效回答数不详，无法判断差距是否超出抽样误差。"),
        ]
    said = [
        (f"{BEYOND_CHANCE}（{quarter_scope(figures.cases)}）", _or_none(figures.beyond_chance)),
        (FIRM, _or_none(figures.beyond_chance_superpopulation) if figures.is_firm_tested else f"{FIRM_UNTESTED}。"),
        (f"{WITHIN_CHANCE}，不能断定", _or_none(figures.within_chance)),
        (f"{ABOVE_CHANCE}（{quarter_scope(figures.cases)}）", _or_none(figures.above_chance)),
    ]
    if figures.below_by_few_voices:
        said.append((OPEN, f"{listed(figures.below_by_few_voices, _FLAGGED)}。"))
    return [*said, (f"低于平均，{FEW}", _or_none(figures.below_on_few))] if figures.below_on_few else said


def changes(figures: MeasureFigures, previous: str) -> list[str]:
    """What changed on the quarter before. Only compared departments, and as a change only what chance does not explain."""
    compared = figures.compared
    why_not = [
        f"{_NOT_COMPARED.get(status, status or '未作比较')} {len(names)} 个" for status, names in figures.not_compared()
    ]
    if not compared:
        return [f"与{previous}没有可比的部门：{'，'.join(why_not)}。" if why_not else f"与{previous}没有可比的部门。"]
    found = [
        f"与{previous}可比的部门 {len(compared)} 个" + (f"（不可比：{'，'.join(why_not)}）" if why_not else "") + "。"
    ]
    if not figures.changed:
        return [*found, "没有部门的变化超出抽样误差。"]
    for direction, sign in (("上升", 1), ("下降", -1)):
        moved = [department for department in figures.changed if (department.change or 0) * sign > 0]
        if moved:
            found.append(f"{direction}且超出抽样误差：{'；'.join(map(_change, moved))}。")
            found.append(REGRESSION if sign > 0 else "")
    rest = len(compared) - len(figures.changed)
    return [*found, f"其余 {rest} 个部门的升降在抽样误差以内。"] if rest else found


def missed_line(figures: MeasureFigures) -> str:
    """Beside the chart: why an interval may lie beside the average and bear no sign."""
    if figures.is_published_only:
        return ""
    return "横线没有跨过平均线、却没有标记的也有：标记还考虑了同时比较许多部门，总会有几个碰巧偏低或偏高。"


def revisions(release: Release) -> str:
    """Which revision this is, why it was released, and what moved against the one before."""
    said = f"{terms.revision(release.revision)}，{local_date(release.released_at)} 发布，{in_chinese(release.reason)}"
    if not release.difference:
        return f"{said}。"
    moved = [
        f"{row['department_name']}{row['measure_name']} {_printed(row['rate_pct_before'])}→{_printed(row['rate_pct_after'])}"
        for row in release.difference.get("departments", [])
        if row["rate_pct_before"] != row["rate_pct_after"]
    ]
    before = terms.revision(int(release.difference["against"].rpartition("r")[2]))
    rest = f"等 {len(moved)} 处" if len(moved) > _MANY else ""
    return (
        f"{said}；与{before}相比，{'比率有变：' + '、'.join(moved[:_MANY]) + rest if moved else '各部门的比率没有变'}。"
    )


def _printed(rate_pct: str | None) -> str:
    return "—" if rate_pct is None else f"{rate_pct}%"


def against_average(found: DepartmentRate, figures: MeasureFigures) -> str:
    """How a department stands to the average, for a column of a table: the sign says what its own words say elsewhere."""
    return {
        Flag.BELOW_SUPERPOPULATION: f"{FIRM_MARK} {FIRM}",
        Flag.BELOW_BEYOND_CHANCE: f"{QUARTER_MARK} {BEYOND_CHANCE}",
        Flag.ABOVE_BEYOND_CHANCE: f"{ABOVE_MARK} {ABOVE_CHANCE}",
    }.get(found.flag, figures.flag_labels[found.flag])


def bands(figures: MeasureFigures) -> str:
    """The three bands in words; who has too few answers is in none."""
    few = sum(found.has_few for found in figures.departments)
    rest = f"；另有 {few} 个{FEW}" if few else ""
    return (
        f"较低（{BEYOND_CHANCE}）{len(figures.beyond_chance)} 个，不能断定 {len(figures.undecided)} 个，"
        f"较高（{ABOVE_CHANCE}）{len(figures.above_chance)} 个{rest}。"
    )


def answers_in_words(answers: Sequence[Answer]) -> str:
    return "；".join(f"{answer.label} {percent(answer.pct)}%" for answer in answers if answer.pct is not None)


def series_in_words(rates: Sequence[QuarterRate]) -> str:
    """A trend in words, for who cannot see it."""
    return "；".join(
        f"{terms.period(rate.quarter)} {percent(rate.rate_pct)}%"
        if rate.rate_pct is not None
        else f"{terms.period(rate.quarter)}没有公布的结果"
        for rate in rates
    )


def calls(outcomes: CallOutcomes | None) -> str:
    """How the calls went, in AAPOR's rates."""
    if outcomes is None:
        return "没有回访记录。"
    return (
        f"本地区共拨打 {outcomes.attempted_count:,} 件，完成 {outcomes.complete_count:,} 件；"
        f"应答率（RR1）{_percent(outcomes.response_rate_1)}，合作率 {_percent(outcomes.cooperation_rate_1)}，"
        f"拒访率 {_percent(outcomes.refusal_rate_1)}，接触率 {_percent(outcomes.contact_rate_1)}。"
    )


def findings(groups: Sequence[FindingGroup], many: int = 5) -> str:
    """What the pipeline noticed, by kind and number; the last page names the departments."""
    if not groups:
        return "没有需要提示的情况。"
    told = "；".join(f"{group.title} {group.finding_count} 条" for group in groups[:many])
    rest = len(groups) - many
    return f"{told}；另有 {rest} 类，见末页。" if rest > 0 else f"{told}。"


def key_lines(figures: MeasureFigures) -> list[str]:
    """What the signs of a chart mean, in lines for a chart that stands alone."""
    if figures.is_published_only:
        return ["点为印发的比率；仅存附件，有效回答数不详，没有区间，也不作检验。"]
    return [
        "点为比率，横线为 95% 区间（有限总体），竖线为部门平均；没有横线的部门，样本框内全部作答。",
        "† 虚线：回答少或误差大，慎用。‡ 回答过少，不作评价，仅列数字。",
    ]


def interval(found: DepartmentRate) -> str:
    """The interval in percent, or a dash where there is none to give."""
    if found.ci_display_low is None or found.ci_display_high is None:
        return "—"
    return f"{found.ci_display_low * 100:.1f}–{found.ci_display_high * 100:.1f}"


def rank(found: DepartmentRate) -> str:
    """The place with the places that it may have, or a dash where there is none."""
    if found.rate_rank is None:
        return "—"
    if found.rank_low is None or found.rank_high is None:
        return str(found.rate_rank)
    return f"{found.rate_rank}（{found.rank_low}–{found.rank_high}）"


def robustness(found: DepartmentRate) -> str:
    """Whether those who did not answer could have put the department on the other side of the average."""
    if found.is_flag_robust is None or found.has_few or not found.is_rated:
        return "—"
    return "无论怎样都不改变与平均值的高低" if found.is_flag_robust else "足以改变与平均值的高低"


def change(found: DepartmentRate) -> str:
    """The change in points, or why there is none."""
    if not found.is_compared:
        return _NOT_COMPARED.get(found.change_status or "", "—")
    return _points(found.change) + ("*" if found.is_significant_change else "")


def change_in_words(found: DepartmentRate) -> str:
    """The change in points and whether chance explains it, or why there is none."""
    if not found.is_compared:
        return change(found)
    beyond = "超出抽样误差" if found.is_significant_change else "在抽样误差以内"
    return f"{_points(found.change)} 个百分点，{beyond}"


def alternative(figures: MeasureFigures) -> str:
    """The chart in words, for who cannot see it."""
    if not figures.rated:
        return f"{figures.measure_name}没有结果，图为空。"
    rated = figures.rated
    # what is not rated is neither
    ends = [found for found in rated if not found.has_few] or rated
    spread = f"最高 {ends[0].rate_pct}%，最低 {ends[-1].rate_pct}%（{ends[-1].department_name}）"
    tested = (
        "有效回答数不详，没有区间和检验"
        if figures.is_published_only
        else f"其中超出抽样误差的 {len(figures.beyond_chance)} 个，"
        + (f"{FIRM}的 {len(figures.beyond_chance_superpopulation)} 个" if figures.is_firm_tested else FIRM_UNTESTED)
    )
    return (
        f"{len(rated)} 个部门的{figures.measure_name}点图，按附件次序由高到低。平均 {figures.average_pct}%；{spread}；"
        f"低于平均 {len(figures.below)} 个，{tested}。各部门的数字见附表。"
    )


def funnel_key(funnel: Funnel, cases: str = CASES) -> str:
    """What the funnel shows, and that a place outside it is no sign."""
    return (
        f"横线为图中 {len(funnel.departments)} 个部门的平均（{funnel.mean * 100:.2f}%）；与其他部门没有差别的部门，"
        f"二十次有十九次落在 95% 界限之内，五百次有四百九十九次落在 99.8% 界限之内。回答越多，界限越窄。"
        f"界限只看一个部门，标记还考虑到部门很多；▽ 只就本季度{cases}而言，可以在界限之内。"
        f"回答过少的和不公布的部门不在图中；界限不计回访员的影响。"
    )


def funnel_alternative(figures: MeasureFigures, funnel: Funnel) -> str:
    """The funnel in words: who lies outside of which limit, on which side."""
    told = []
    named: set[str] = set()
    for level in reversed(LEVELS):
        for side, names in zip(("低于", "高于"), outside(funnel, LEVELS[level]), strict=True):
            new = [name for name in names if name not in named]
            named.update(new)
            told += [f"{side} {level} 界限的有{listed(new, _FLAGGED)}"] if new else []
    place = "；".join(told) if told else "没有部门在 95% 界限之外"
    return (
        f"{len(funnel.departments)} 个部门的{figures.measure_name}与有效回答数的漏斗图，平均 {funnel.mean * 100:.2f}%。"
        f"{place}。各部门的数字见附表。"
    )


def _change(found: DepartmentRate) -> str:
    between = f"{_points(found.change_ci_low)} 至 {_points(found.change_ci_high)}"
    return f"{found.department_name} {_points(found.change)} 个百分点（95% 区间 {between}）"


def _points(fraction: float | None) -> str:
    """A difference in points with one decimal; a true minus sign, as wide as the plus."""
    text = f"{(fraction or 0) * 100:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def _or_none(names: tuple[str, ...]) -> str:
    return f"{listed(names, _FLAGGED)}。" if names else "没有。"


def _percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate * 100:.1f}%"
