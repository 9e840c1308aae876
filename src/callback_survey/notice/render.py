"""The notice as one HTML page. The same data give the same bytes: no clock, no network, no random order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from callback_survey.notice.data import MeasureSummary, NoticeData
from callback_survey.quarter import Quarter

if TYPE_CHECKING:
    from jinja2 import Template

BLANK = "—"
_LOCAL = ZoneInfo("Asia/Shanghai")
_QUARTER_NAMES = {1: "第一季度", 2: "第二季度", 3: "第三季度", 4: "第四季度"}
MEASURE_NAMES = {"satisfaction": "满意率", "realisation": "实现率"}
# What a rate counts as success. The definition is data: an unknown one is shown by its code, never described wrongly.
_DEFINITIONS = {
    "top_box": "答复“满意”的人数占回答该题人数的百分比，“比较满意”和“基本满意”不计入",
    "top_three_boxes": "答复“满意”“比较满意”“基本满意”的人数占回答该题人数的百分比",
    "top_three_levels": "答复“非常满意”“满意”“基本满意”的人数占回答该题人数的百分比",
    "within_one_visit": "答复“零上门”或“一次”的人数占回答该题人数的百分比",
}
RECONCILIATION_NAMES = {"equal": "一致", "adjusted": "容差以内的", "unsampled": "未抽样", "different": "不一致"}


def render_notice(
    marts: NoticeData,
    *,
    revision: str | None = None,
    content_hash: str | None = None,
    data_note: str | None = None,
    accepted: Sequence[Mapping[str, str]] = (),
) -> str:
    """The notice of one region and quarter as a self-contained HTML page (A4 when printed).

    `revision` and `content_hash` name the release the figures come from; a preview has neither. `data_note` says what
    the data are where they are not an ordinary survey (a reconstruction), and is printed at the head and the foot.
    `accepted` are failed checks that a person accepted for this release; the foot says who and why.
    Document number, signer and date stay blank: whoever issues the notice fills them in.
    """
    quarter = Quarter.parse(marts.quarter)
    page = _template().render(
        notice=marts,
        measures=(marts.satisfaction, marts.realisation),
        measure_names=MEASURE_NAMES,
        region=f"{marts.parent_region_name or ''}{marts.region_name}",
        period=f"{quarter.year}年{_QUARTER_NAMES[quarter.number]}",
        definitions={
            measure.measure: _definition(measure.measure_definition)
            for measure in (marts.satisfaction, marts.realisation)
        },
        reconciliation=reconciliation_sentence(marts.reconciliation_counts),
        revision=revision,
        content_hash=content_hash,
        data_note=data_note,
        accepted=[acceptance_sentence(check) for check in accepted],
    )
    return page + "\n"


def percent(value: Decimal | float | None) -> str:
    """Two decimals, or a dash where there is no figure."""
    return BLANK if value is None else f"{Decimal(str(value)):.2f}"


def points(value: Decimal | float | None) -> str:
    """A difference in percentage points with its sign; a true minus sign, as wide as the plus."""
    if value is None:
        return BLANK
    number = Decimal(str(value))
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return f"{sign}{abs(number):.2f}"


def benchmark(measure: MeasureSummary) -> str:
    """The label of the benchmark with its year, which a label may or may not bring along."""
    label = measure.benchmark_label or ""
    year = measure.benchmark_year
    return label if year is None or str(year) in label else f"{year}年{label}"


def count(value: int | None) -> str:
    return BLANK if value is None else f"{value:,}"


def names(departments: tuple[str, ...]) -> str:
    return "、".join(departments)


def reconciliation_sentence(counts: Mapping[str, int]) -> str | None:
    """How the computed figures compare with a printed annex; None where there was none to compare with."""
    if not counts:
        return None
    known = [status for status in RECONCILIATION_NAMES if counts.get(status)]
    other = sorted(status for status in counts if status not in RECONCILIATION_NAMES)
    parts = "，".join(f"{RECONCILIATION_NAMES.get(status, status)} {counts[status]} 项" for status in [*known, *other])
    return f"与已印发附件逐项核对 {sum(counts.values())} 项：{parts}。"


def acceptance_sentence(check: Mapping[str, str]) -> str:
    """What a release was let through with: the check, what it found, who accepted that, when and why."""
    accepted_on = datetime.fromisoformat(check["at"]).astimezone(_LOCAL).date()
    return (
        f"检查项 {check['check_id']} 未通过（{check['examples'] or check['observed']}），"
        f"由{check['by']}于 {accepted_on} 接受后发布，理由：{check['reason']}"
    )


def _definition(code: str | None) -> str:
    if code is None:
        return "口径见数据说明"
    return _DEFINITIONS.get(code, f"口径代码 {code}")


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("callback_survey.notice", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, points=points, benchmark=benchmark, count=count, names=names)
    return environment.get_template("notice.html.j2")
