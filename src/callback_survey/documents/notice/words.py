"""How the notice says a definition or a finding. Every form of the notice takes its words from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from callback_survey.documents.notice.data import FlaggedDepartment, MeasureSummary
from callback_survey.local_time import local_date
from callback_survey.wording import signs
from callback_survey.wording.figures import BLANK
from callback_survey.wording.signs import FEW_MARK, FIRM, FIRM_MARK, FIRM_UNTESTED, QUARTER_MARK
from callback_survey.wording.translation import in_chinese

if TYPE_CHECKING:
    from callback_survey.documents.companion.model import MeasureFigures

_NAMED_AT_MOST = 15
_RECONCILIATION_NAMES = {
    "equal": "一致",
    "adjusted": "容差以内的",
    "unsampled": "未抽样",
    "suppressed": "不予公布的",
    "different": "不一致",
}


def names(departments: Iterable[str]) -> str:
    return "、".join(departments)


def benchmark(measure: MeasureSummary | MeasureFigures) -> str:
    """The label of the benchmark with its year, which a label may or may not bring along."""
    if measure.benchmark_pct is None:
        return BLANK
    label = measure.benchmark_label or ""
    year = measure.benchmark_year
    return label if year is None or str(year) in label else f"{year}年{label}"


def definition(measure: MeasureSummary) -> str:
    """What a rate counts as success, as the register says it. A release that does not tell is never described by guess."""
    if measure.measure_definition is None:
        return "口径见数据说明"
    if measure.definition_label is None:
        return f"口径代码 {measure.measure_definition}"
    return f"{measure.definition_label}（分母为回答该题的人数）"


def mark(department: FlaggedDepartment) -> str:
    """The sign beside a department below the average; none where chance may explain it, or nothing can be tested."""
    return signs.mark(
        department.is_significantly_below, department.is_significantly_below_superpopulation, department.reliability
    )


def chance_sentences(below: Iterable[FlaggedDepartment]) -> list[str]:
    """Which departments of a list are lower by more than chance. Nothing of the kind is said of any other."""
    listed = list(below)
    few = [department.department_name for department in listed if not department.is_rated]
    rated = [department for department in listed if department.is_rated]
    tested = [department for department in rated if department.is_significantly_below is not None]
    untested = [department.department_name for department in rated if department.is_significantly_below is None]
    lower = [department for department in tested if mark(department)]
    firm = [department for department in lower if mark(department) == FIRM_MARK]
    said = []
    if lower:
        said.append(f"与平均值的差距超出抽样误差的有{len(lower)}个{_named(lower)}。{_firm_sentence(firm, lower)}")
    elif tested:
        said.append("与平均值的差距都没有超出抽样误差，不能据此认定哪个部门确实较低。")
    if few:
        said.append(f"{signs.FEW}的有{len(few)}个（标{FEW_MARK}）：{names(few)}。")
    if untested and tested:
        said.append(f"有效回答数不详，无法判断差距是否超出抽样误差的有：{names(untested)}。")
    elif untested:
        said.append("有效回答数不详，无法判断差距是否超出抽样误差，名单不加标记。")
    return said


def _firm_sentence(firm: list[FlaggedDepartment], lower: list[FlaggedDepartment]) -> str:
    if all(department.is_significantly_below_superpopulation is None for department in lower):
        return f"{FIRM_UNTESTED}（标{QUARTER_MARK}）。"
    if not firm:
        return f"按部门水平，差距都还不能排除偶然（标{QUARTER_MARK}）。"
    if len(firm) == len(lower):
        return f"{FIRM}的也是这些部门（标{FIRM_MARK}）。"
    return f"其中{FIRM}的有{len(firm)}个（标{FIRM_MARK}）{_named(firm)}。"


def _named(departments: list[FlaggedDepartment]) -> str:
    """The names, unless they are so many that the signs in the list say it better."""
    if len(departments) > _NAMED_AT_MOST:
        return "，见名单中的标记"
    return f"：{names(department.department_name for department in departments)}"


def caution_sentence(below: Iterable[FlaggedDepartment]) -> str | None:
    """The listed departments that are rated on few answers, or have a wide interval; of many only how many, for their names would fill
    pages, and the companion marks them."""
    uncertain = [found.department_name for found in below if found.reliability == "caution"]
    if len(uncertain) > _NAMED_AT_MOST:
        return f"有效回答数少或误差范围大，比率须谨慎看待的有{len(uncertain)}个，即统计附页中标†的部门。"
    return f"有效回答数少或误差范围大，比率须谨慎看待的有：{names(uncertain)}。" if uncertain else None


def reconciliation_sentence(counts: Mapping[str, int]) -> str | None:
    """How the computed figures compare with a printed annex; None where there was none to compare with."""
    if not counts:
        return None
    known = [status for status in _RECONCILIATION_NAMES if counts.get(status)]
    other = sorted(status for status in counts if status not in _RECONCILIATION_NAMES)
    parts = "，".join(f"{_RECONCILIATION_NAMES.get(status, status)}{counts[status]}项" for status in [*known, *other])
    return f"与已印发附件逐项核对{sum(counts.values())}项：{parts}。"


def acceptance_sentence(check: Mapping[str, str]) -> str:
    """What a release was let through with: the check, what it found, who accepted that, when and why."""
    accepted_on = local_date(check["at"])
    return (
        f"检查项 {check['check_id']} 未通过（{in_chinese(check['examples'] or check['observed'])}），"
        f"由{check['by']}于 {accepted_on} 放行后发布，理由：{check['reason']}"
    )
