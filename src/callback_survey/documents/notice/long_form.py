"""What the long form of a notice says, part by part: data and definitions, averages, lists, who is not rated, the request."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import east_asian_width

from callback_survey.documents.notice import words
from callback_survey.documents.notice.data import MeasureSummary, NoticeData
from callback_survey.documents.notice.texts import Texts
from callback_survey.wording import figures, signs

LIST_NOTE = "列入名单只表示数值低于平均值。抽样数少的部门，一两个答复就能使比率明显变化，请结合附件中的抽样数阅读。"
# what a notice asks of departments where the district says nothing else: true of a counter and of a hotline
ASKED = "请各部门对照附件查看本部门的回访结果，查找群众不满意的具体原因，提出改进措施并抓好落实。"
# A list of departments stands in two columns unless a name would fill more than its half of a line.
_LONG_NAME = 22


@dataclass(frozen=True)
class ListedDepartment:
    """A line of a list below the average; `mark` is empty where chance may explain the difference. Not rated: too few answers."""

    place: int
    department_name: str
    rate: str
    mark: str
    is_rated: bool = True


@dataclass(frozen=True)
class MeasureText:
    """What part three says of a measure. `columns` is how many departments stand side by side."""

    measure: str
    number: str
    name: str
    opening: str
    departments: tuple[ListedDepartment, ...]
    columns: int
    lowest: str
    remarks: tuple[str, ...]


def source(marts: NoticeData, period: str) -> str:
    """What the notice is made of."""
    return (
        f"本通报所据只有{period}当时印发的附件，没有办结记录和电话回访记录。有效样本框、抽样数和各项比率照附件转录，"
        "未经原始记录核对；平均值、名单和次序据此重新计算；各部门有效回答数不详。"
        if marts.is_published_only
        else f"本通报依据{period}办结事项的电话回访记录编写。"
    )


def basis(marts: NoticeData, period: str, cases: str) -> tuple[str, ...]:
    definitions = "；".join(f"{measure.measure_name}，指{words.definition(measure)}" for measure in marts.measures)
    rated = "，".join(f"{measure.measure_name}计入{measure.rated_department_count}个部门" for measure in marts.measures)
    return (
        f"{source(marts, period)}纳入统计的部门共{marts.measures[0].department_count}个，"
        f"有效样本框合计{figures.count(marts.valid_frame_total)}件，"
        f"抽样{figures.count(marts.sample_total)}件。有效样本框，是办结记录剔除重复、号码无效、超出本季度等情形后的件数。",
        f"{definitions}。平均值是各有结果部门比率的算术平均，不按{cases}量加权：{rated}。",
    )


def overall(measure: MeasureSummary) -> tuple[str, ...]:
    return (
        measure.measure_name,
        figures.percent(measure.average_pct),
        figures.percent(measure.benchmark_pct),
        figures.points(measure.gap_to_benchmark_pct),
        words.benchmark(measure),
    )


def measure_text(annex_number: int, measure: MeasureSummary) -> MeasureText:
    below = measure.below_average
    remarks = [*words.chance_sentences(below), words.caution_sentence(below)]
    return MeasureText(
        measure=measure.measure,
        number=figures.chinese_number(annex_number),
        name=measure.measure_name,
        opening=_opening(annex_number, measure),
        departments=tuple(
            ListedDepartment(
                place, found.department_name, f"{figures.percent(found.rate_pct)}%", words.mark(found), found.is_rated
            )
            for place, found in enumerate(below, 1)
        ),
        columns=1 if any(_width(found.department_name) > _LONG_NAME for found in below) else 2,
        lowest="、".join(f"{found.department_name}（{figures.percent(found.rate_pct)}%）" for found in measure.lowest),
        remarks=tuple(remark for remark in remarks if remark),
    )


def _opening(annex_number: int, measure: MeasureSummary) -> str:
    if not measure.rated_department_count:
        return f"本季度没有部门得出{measure.measure_name}，没有平均值，也没有名单。"
    if not measure.below_average:
        return "本季度没有部门低于平均值。"
    count = len(measure.below_average)
    return f"低于{figures.percent(measure.average_pct)}%的部门有{count}个，按附件{annex_number}的次序列出："


def _width(name: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in name)


def has_tested(marts: NoticeData) -> bool:
    """Whether a list holds a department that chance was asked about, or that has too few answers: its signs need a legend."""
    listed = [department for measure in marts.measures for department in measure.below_average]
    return any(department.is_significantly_below is not None or not department.is_rated for department in listed)


def unrated(marts: NoticeData) -> list[str]:
    first = marts.measures[0]
    said = []
    if first.unsampled_names:
        said.append(
            f"本季度未抽样（抽样数为0）：{words.names(first.unsampled_names)}。"
            "未抽样的部门不作评价，不计入平均值，也不参加排序；附件中以“—”表示，不等于零。"
        )
    elif not first.unlisted_names:
        said.append("本季度各部门均有抽样。")
    for measure in marts.measures:
        if measure.unlisted_names:
            said.append(
                f"原印发的{measure.measure_name}附件没有列出：{words.names(measure.unlisted_names)}，"
                "是否抽样不详，该项不作评价。"
            )
    for measure in marts.measures:
        if measure.unanswered_names:
            said.append(
                f"已抽样但无人回答{measure.measure_name}问题：{words.names(measure.unanswered_names)}，"
                "该项同样不作评价。"
            )
    for measure in marts.measures:
        if measure.suppressed_names:
            said.append(
                f"{measure.measure_name}的有效回答少或有效样本框小，为保护答复人，回答情况不予公布："
                f"{words.names(measure.suppressed_names)}。该项不作评价，不计入平均值；附件中以“*”表示。"
            )
    for measure in marts.measures:
        if measure.few_names:
            said.append(
                f"{measure.measure_name}的有效回答过少，不作检验，也不作评价：{words.names(measure.few_names)}。"
                "其比率仍列入附件、计入平均值，但一两个答复就能使它大幅变化。"
            )
    return said


def request(marts: NoticeData, texts: Texts) -> list[str]:
    """What departments are asked to do: more of those that are lower as departments than of the others."""
    said = list(texts.request or (ASKED,))
    listed = [department for measure in marts.measures for department in measure.below_average]
    if any(words.mark(department) == signs.FIRM_MARK for department in listed):
        # an office leaves no space beside a figure
        warning = signs.REGRESSION.rstrip("。").replace(" ", "")
        said.append(
            f"第三部分名单中标有{signs.FIRM_MARK}的部门，请优先安排整改，并在以后各季度的回访中检验成效（{warning}）；"
            f"名单中的其他部门，请结合抽样数和{texts.cases}情况自查，不宜仅凭本季度的数值下结论。"
        )
    elif listed:
        said.append(f"列入第三部分名单的部门，请结合抽样数和{texts.cases}情况自查，不宜仅凭本季度的数值下结论。")
    return said


def legend(marts: NoticeData, cases: str) -> tuple[tuple[str, str], ...]:
    """What the signs of the lists mean; nothing where no list has one."""
    if not has_tested(marts):
        return ()
    return signs.legend(cases)
