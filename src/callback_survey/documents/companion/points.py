"""The main points of a companion: of each measure three sentences, for whoever reads no further."""

from __future__ import annotations

from collections.abc import Sequence

from callback_survey.documents.companion.model import MeasureFigures
from callback_survey.documents.notice.words import benchmark
from callback_survey.wording import figures as written
from callback_survey.wording import signs

_NAMED = 12


def how_to_read(cases: str, is_published_only: bool) -> tuple[str, ...]:
    if is_published_only:
        return (
            "点是印发的比率；有效回答数不详，因此没有区间，也不作检验。",
            "竖线是部门平均，虚线是参照值。点在竖线左边，只说明数值低于平均，不能断定真的较低。",
        )
    return (
        f"点是比率，横线是 95% 区间：只问到一部分人，样本框内的{cases}都问到时的比率，大致在这条线以内。回答越少，横线越长。",
        "竖线是部门平均，虚线是参照值。点在竖线左边，只说明数值低于平均；横线跨过竖线的，不能断定真的较低。",
        "比上季度的升降，只有写明超出抽样误差的，才算变化。",
    )


def points(figures: MeasureFigures, previous: str) -> tuple[str, ...]:
    """The average against what it is measured by, who is surely lower and who surely higher, and what changed; of a question that nobody
    answered, this alone."""
    if figures.average_pct is None:
        return (f"没有部门得出{figures.measure_name}。",)
    return _average(figures), _bands(figures), _changed(figures, previous)


def _average(figures: MeasureFigures) -> str:
    assert figures.average_pct is not None
    said = f"{figures.measure_name}部门平均 {written.percent(figures.average_pct)}%"
    gap = figures.gap_to_benchmark_pct
    if figures.benchmark_pct is None or gap is None:
        return f"{said}，没有参照值。"
    found = f"高 {written.percent(gap)}" if gap > 0 else f"低 {written.percent(-gap)}"
    reference = f"{benchmark(figures)} {written.percent(figures.benchmark_pct)}%"
    return f"{said}，与{reference}相比{f'{found} 个百分点' if gap else '持平'}。"


def _bands(figures: MeasureFigures) -> str:
    if figures.is_published_only:
        below = f"低于平均的部门 {len(figures.below)} 个，" if figures.below else "没有部门低于平均值；"
        return f"{below}有效回答数不详，不能断定哪些确实较低、哪些确实较高。"
    said = [_lower(figures)]
    if figures.above_chance:
        said.append(f"高于平均且超出抽样误差的 {len(figures.above_chance)} 个：{_names(figures.above_chance)}。")
    if figures.undecided and (figures.beyond_chance or figures.above_chance):
        said.append(f"其余 {len(figures.undecided)} 个与平均的差距都在抽样误差以内。")
    return "".join(said)


def _lower(figures: MeasureFigures) -> str:
    if not figures.below:
        return "没有部门低于平均值。"
    said = f"低于平均的部门 {len(figures.below)} 个，"
    if not figures.beyond_chance:
        return f"{said}差距都在抽样误差以内，不能断定哪些确实较低。"
    firm = figures.beyond_chance_superpopulation
    rest = f"按部门水平仍低于平均的是{_names(firm)}" if firm else "按部门水平都还不能排除偶然"
    if not figures.is_firm_tested:
        rest = signs.FIRM_UNTESTED
    return f"{said}超出抽样误差的 {len(figures.beyond_chance)} 个：{_names(figures.beyond_chance)}；{rest}。"


def _names(names: Sequence[str]) -> str:
    """All of them, up to what a sentence bears; the rest stand in the table."""
    return "、".join(names) if len(names) <= _NAMED else f"{'、'.join(names[:_NAMED])}等"


def _changed(figures: MeasureFigures, previous: str) -> str:
    if not figures.compared:
        return f"与{previous}没有可比的部门。"
    rose, fell = (
        [found.department_name for found in figures.changed if (found.change or 0) * sign > 0] for sign in (1, -1)
    )
    if not figures.changed:
        return f"与{previous}可比的 {len(figures.compared)} 个部门，升降都在抽样误差以内。"
    moved = "，".join(
        f"{way} {len(names)} 个（{_names(names)}）" for way, names in (("上升", rose), ("下降", fell)) if names
    )
    return f"与{previous}可比的 {len(figures.compared)} 个部门，超出抽样误差的：{moved}。"
