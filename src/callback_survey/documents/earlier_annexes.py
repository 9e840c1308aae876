"""The annexes of a release from before it kept the table `annexes`, in the form of today.

Two measures had a printed form then, each with a table of its own. The annex of any other measure, and of answers on another
scale than the form's, had a column for each answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from callback_survey.storage import duck

if TYPE_CHECKING:
    from callback_survey.documents.marts import QuarterMarts

_FORMS_THEN = {
    "satisfaction": {
        "satisfied_pct": "满意率（%）",
        "fairly_satisfied_pct": "比较满意率（%）",
        "basically_satisfied_pct": "基本满意率（%）",
        "rather_dissatisfied_pct": "不太满意率（%）",
        "dissatisfied_pct": "不满意率（%）",
    },
    "realisation": {
        "within_one_visit_pct": "实现率（%）（零上门/一次）",
        "two_or_more_visits_pct": "未实现率（%）（两次及以上）",
    },
}
_COUNTS = {"valid_frame_count": "有效样本框", "sample_count": "抽样数"}
# of a release that lacks one of these no annex is known, and whoever asks for it says so
_READ = ("region_rates", "department_rates", "department_answers", *(f"annex_{measure}" for measure in _FORMS_THEN))
_NONE = "select null::varchar as region_code, null::varchar as quarter, null::varchar as measure where false"


def table_sql(marts: QuarterMarts) -> str:
    """SQL for the rows of `annexes`, of every measure of the region's quarter."""
    if not all(map(marts.columns, _READ)):
        return _NONE
    rated = marts.rows(
        "select measure, rated_department_count > 0 as is_rated from {schema}.region_rates "
        "where region_code = $region_code and quarter = $quarter"
    )
    return " union all ".join(_annex(marts, row["measure"], is_rated=row["is_rated"]) for row in rated) or _NONE


def _annex(marts: QuarterMarts, measure: str, *, is_rated: bool) -> str:
    form = _FORMS_THEN.get(measure, {})
    lines = f"select * from annex_{measure}" if form else _lines(measure)
    shares = _answers(marts, measure)
    if form and (not is_rated or _is_filled(marts, measure, form)):
        shares = " union all ".join(
            f"select department_code, '{figure}' as figure, '{label}' as figure_label, {order} as figure_order, "
            f"{figure} as figure_pct, {figure} is null and department_code in "
            f"(select department_code from ({_answers(marts, measure)}) where is_suppressed) as is_suppressed from ({lines})"
            for order, (figure, label) in enumerate(form.items(), 1)
        )
    counts = " union all ".join(
        f"select department_code, '{figure}' as figure, '{label}' as figure_label, {order} as figure_order, "
        f"{figure} as figure_count, null::decimal(5, 2) as figure_pct, false as is_suppressed from ({lines})"
        for order, (figure, label) in enumerate(_COUNTS.items(), 1)
    )
    return f"""
        select
            lines.region_code, lines.quarter, {duck.text(measure)} as measure, lines.row_number, lines.department_code,
            lines.department_name, figure, figure_label, figure_order, figure_count, figure_pct, is_suppressed
        from ({lines}) as lines
        inner join (
            {counts}
            union all
            select department_code, figure, figure_label, figure_order + {len(_COUNTS)}, null, figure_pct, is_suppressed
            from ({shares})
        ) using (department_code)
        """


def _lines(measure: str) -> str:
    """The departments of a measure without a form, in the order that a form has."""
    return f"""
        select
            region_code, quarter, department_code, department_name, valid_frame_count, sample_count,
            row_number() over (
                order by
                    rate_pct desc nulls last, valid_frame_count desc nulls last, sample_count desc nulls last, department_code
            ) as row_number
        from department_rates
        where measure = {duck.text(measure)}
        """


def _answers(marts: QuarterMarts, measure: str) -> str:
    is_suppressed = "is_suppressed" if "is_suppressed" in marts.columns("department_answers") else "false"
    return f"""
        select
            department_code, answer_code || '_pct' as figure, answer_label || '（%）' as figure_label,
            answer_order as figure_order, answer_pct as figure_pct, {is_suppressed} as is_suppressed
        from department_answers
        where measure = {duck.text(measure)}
        """


def _is_filled(marts: QuarterMarts, measure: str, form: dict[str, str]) -> bool:
    """Whether the form holds a share: of answers on another scale it had none, though there were rates."""
    found = marts.rows(f"select {', '.join(f'count({figure})' for figure in form)} from {{schema}}.annex_{measure}")
    return any(count for row in found for count in row.values())
