"""What the short form of a notice says: averages, who is below them, who is lowest. What is more than chance stands in the companion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from callback_survey.documents.notice import long_form, words
from callback_survey.documents.notice.data import MeasureSummary, NoticeData
from callback_survey.wording import figures

_LEVELS = ("省", "市", "州", "盟", "区", "县", "旗", "镇", "乡")
_WITHOUT_SIGNS = "名单只按数值列出，差距是否超出抽样误差见统计附页。"
_UNTESTED = "名单只按数值列出；有效回答数不详，无法判断差距是否超出抽样误差。"


@dataclass(frozen=True)
class Span:
    """Words of a paragraph; strong ones lead a list."""

    words: str
    is_strong: bool = False


def lead(period: str, programme: str) -> str:
    """The first sentence where the district gives none."""
    return f"现将{period}{programme}电话回访情况通报如下。"


def findings(marts: NoticeData, period: str, target: str) -> tuple[Span, ...]:
    """The second paragraph of the notice."""
    opening = f"{long_form.source(marts, period)}" if marts.is_published_only else ""
    averages = "；".join(_average(measure) for measure in marts.measures)
    lists = [measure for measure in marts.measures if measure.below_average]
    said = [Span(f"{opening}{period}{_whole(marts.region_name)}{averages}。{target}")]
    for measure in lists:
        names = words.names(department.department_name for department in measure.below_average)
        end = "。" if measure is lists[-1] else "；"
        said += [Span(f"{measure.measure_name}低于平均值的有", is_strong=True), Span(f"：{names}{end}")]
    lowest = "，".join(
        f"{measure.measure_name}最低的是{words.names(found.department_name for found in measure.lowest)}"
        for measure in marts.measures
        if measure.lowest
    )
    of_chance = _UNTESTED if marts.is_published_only else _WITHOUT_SIGNS
    remarks = [f"{lowest}。" if lowest else "", of_chance if lists else "", *_unrated(marts)]
    return (*said, Span("".join(remarks)))


def _whole(region_name: str) -> str:
    """全区 of a district, 全市 of a city; nothing where the name does not tell what it is of."""
    return f"全{region_name[-1]}" if region_name.endswith(_LEVELS) else ""


def _average(measure: MeasureSummary) -> str:
    if measure.average_pct is None:
        return f"没有部门得出{measure.measure_name}"
    average = f"{measure.measure_name}平均值为{figures.percent(measure.average_pct)}%"
    gap = measure.gap_to_benchmark_pct
    if measure.benchmark_pct is None or gap is None:
        return average
    found = f"高{figures.percent(gap)}个百分点" if gap > 0 else f"低{figures.percent(-gap)}个百分点" if gap else "持平"
    return f"{average}，{words.benchmark(measure)}为{figures.percent(measure.benchmark_pct)}%，相比{found}"


def _unrated(marts: NoticeData) -> Iterator[str]:
    unsampled = marts.measures[0].unsampled_names
    if unsampled:
        yield f"{words.names(unsampled)}本季度未抽样，不作评价。"
    # whom nothing is said of for one reason is said so once, of all measures
    of: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for measure in marts.measures:
        for names, why in (
            (measure.unlisted_names, "原印发附件没有列出"),
            (measure.unanswered_names, "没有人回答"),
            (measure.suppressed_names, "人数少，为保护答复人，回答情况不予公布"),
            (measure.few_names, "有效回答过少"),
        ):
            if names:
                of.setdefault((names, why), []).append(measure.measure_name)
    for (names, why), measures in of.items():
        count = "一" if len(measures) == 1 else "两" if len(measures) == 2 else figures.chinese_number(len(measures))
        yield f"{'、'.join(measures)}{count}项，{words.names(names)}{why}，不作评价。"
