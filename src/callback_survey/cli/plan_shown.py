"""A plan as a person reads it: what it rests on, the sizes, the margins, the departures, and what was drawn."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from callback_survey.cli.language import shown
from callback_survey.cli.terminal import NOTHING, Cell, Column, in_language, pad, say, show_table
from callback_survey.sample_plan.output import LIST, PLAN, SIZES
from callback_survey.sample_plan.plan import Plan
from callback_survey.sample_plan.proposal import ExpectedMargin, Proposal, Sizing

_LABELS: dict[Sizing, str] = {"rule": "by the rule", "neyman": "Neyman"}
_LABEL_CELLS = 8


def as_values(plan: Plan) -> dict[str, Any]:
    """A plan for a program: sizes, margins, departures, and what was drawn. Not the list itself: that is a file."""
    proposal, frame = plan.proposal, plan.frame
    told = {name: value for name, value in asdict(proposal).items() if name not in ("rules", "previous")}
    previous = proposal.previous.name if proposal.previous else None
    told |= {"rules": [str(rule) for rule in proposal.rules.rules], "previous": previous}
    drawn = {"seed": plan.seed, "drawn_count": plan.drawn_count, "is_same_list": plan.is_same_list}
    told |= {**drawn, "output": plan.asked.output, "sizing": plan.asked.sizing, "frame": None}
    if frame is not None:
        told["frame"] = {
            "source": frame.report.source_folder,
            "delivery_id": frame.report.delivery_id,
            "row_count": frame.row_count,
            "valid_count": frame.valid_count,
            "excluded": frame.excluded,
            "warnings": frame.warnings,
        }
    return told


def show_plan(console: Console, plan: Plan) -> None:
    proposal = plan.proposal
    console.rule(in_language(Text(f"Sample plan {proposal.region_code} {proposal.quarter}")), characters="-")
    _show_basis(console, plan)
    _show_sizes(console, proposal)
    _show_margins(console, proposal)
    _show_detections(console, proposal)
    _show_departures(console, proposal)
    _show_result(console, plan)


def _show_basis(console: Console, plan: Plan) -> None:
    proposal, frame, previous = plan.proposal, plan.frame, plan.proposal.previous
    if frame is not None:
        report = frame.report
        origin = report.source_folder if frame.is_given else f"the landed delivery {report.delivery_id}"
        _say(console, "frame", f"{origin}: {frame.row_count:,} rows, {frame.valid_count:,} valid")
        out = ", ".join(f"{reason} {count:,}" for reason, count in frame.excluded.items())
        rejected = sum(file.rejected_count for file in report.files if file.dataset == "frame")
        _say(console, "", f"not valid: {out or 'no row'}; rejected at landing: {rejected:,}")
        if "calls" in report.lake_files:
            _say(console, "", "the delivery already has calls; they are ignored here")
        for line in frame.warnings:
            say(console, Text(f"  {line}", style="yellow"))
    elif previous is not None:
        _say(
            console,
            "frame",
            f"of {previous.name}, as released: no frame of {proposal.quarter} was given or landed",
        )
    _say(console, "rule", "; ".join(str(rule) for rule in proposal.rules.rules))
    learned = f"answers of {previous.name}" if previous else "no answers: no earlier quarter was released, so S = ½"
    _say(
        console,
        "Neyman",
        f"the fewest answers for ±{proposal.wanted_margin:g} points of the region's frame-weighted rate (95 %), from {learned}",
    )
    if previous is not None and not previous.has_counts:
        _say(console, "", f"of {previous.name} only the annexes survive: the printed sample is used for the answers")


def _show_sizes(console: Console, proposal: Proposal) -> None:
    previous = proposal.previous
    columns = _columns("部门", "有效样本框", "按规则", "Neyman", *([f"{previous.quarter} 抽样"] if previous else []))
    rows: list[list[Cell]] = []
    for department in proposal.departments:
        counts = [department.valid_frame_count, department.rule_count, department.neyman_count]
        counts += [department.previous_sample_count] if previous else []
        rows.append([department.department_name, *(_count(count) for count in counts)])
    totals = [
        sum(department.valid_frame_count or 0 for department in proposal.departments),
        proposal.total("rule"),
        proposal.total("neyman"),
    ]
    if previous:
        totals.append(sum(department.sample_count or 0 for department in previous.departments.values()))
    rows.append([Text(cell, style="bold") for cell in ("合计", *(_count(total) for total in totals))])
    console.print()
    show_table(console, columns, rows)
    unknown = [department for department in proposal.departments if department.valid_frame_count is None]
    if unknown:
        names = "、".join(department.department_name for department in unknown)
        _say(console, NOTHING, f"the frame is unknown, so there is no sample size: {names}")


def _show_margins(console: Console, proposal: Proposal) -> None:
    if not proposal.margins:
        return
    console.print()
    say(console, Text.assemble(("Expected margin of the region's frame-weighted rate", "bold"), ", points at 95 %"))
    for expected in proposal.margins:
        _say(console, expected.measure_name, f"{_LABELS[expected.sizing]}: {_margin_words(expected, proposal)}")


def _margin_words(expected: ExpectedMargin, proposal: Proposal) -> str:
    if any(department.valid_frame_count is None for department in proposal.departments):
        return "unknown: the frame of a department is not known"
    if expected.if_all_answer is None:
        return "unknown: a department would not be called at all"
    if expected.answered_share is None or expected.if_as_before is None or proposal.previous is None:
        return f"±{expected.if_all_answer:.2f} if everyone answers"
    return (
        f"±{expected.if_all_answer:.2f} if everyone answers, "
        f"±{expected.if_as_before:.2f} if {100 * expected.answered_share:.1f} % do, as in {proposal.previous.quarter}"
    )


def _show_detections(console: Console, proposal: Proposal) -> None:
    wanted = proposal.wanted_fall
    if wanted is None:
        return
    console.print()
    told = f", noticed with probability {wanted.power:g} (one-sided test at 5 %)"
    say(console, Text.assemble(("Smallest fall that a department's size shows", "bold"), told))
    rows: list[list[Cell]] = []
    for found in proposal.detections:
        fall = NOTHING if found.smallest_fall is None else f"{found.smallest_fall:.1f}"
        calls = f"{found.calls_needed:,}" + ("*" if found.is_whole_frame else "")
        rows.append([found.department_name, f"{found.answers:,.0f}", fall, calls])
    show_table(console, _columns("部门", "预计回答", "下降（点）", f"下降{wanted.points:g}点需拨打"), rows)
    if any(found.is_whole_frame for found in proposal.detections):
        _say(console, "*", "the whole frame, which is not enough, or just enough")


def _show_departures(console: Console, proposal: Proposal) -> None:
    previous = proposal.previous
    if previous is None:
        say(console, "\nNo earlier quarter was released, so there is no sample to compare with the rule.")
        return
    found = proposal.departures
    told = f" departed from the rule in {len(found)} of {len(previous.departments)} departments"
    console.print()
    say(console, Text.assemble((previous.name, "bold"), told))
    if not found:
        return
    rows: list[list[Cell]] = []
    for departure in found:
        difference = departure.sample_count - departure.rule_count
        counts = (departure.valid_frame_count, departure.sample_count, departure.rule_count)
        rows.append([departure.department_name, *(_count(count) for count in counts), f"{difference:+,}"])
    show_table(console, _columns("部门", "有效样本框", "抽样", "按规则", "差"), rows)


def _show_result(console: Console, plan: Plan) -> None:
    folder = plan.asked.output
    console.print()
    if folder is None:
        can_draw = "draw the sample into a folder" if plan.frame else "keep the sizes in a folder"
        say(console, f"Nothing was written. To {can_draw}: --output FOLDER")
        return
    if plan.drawn_count is None:
        say(
            console,
            f"No call list: there is no frame of {plan.proposal.quarter} to draw from. Give it with --frame DIR",
        )
    else:
        before = ", the same list as before" if plan.is_same_list else ""
        told = f"  {plan.drawn_count:,} cases {_LABELS[plan.asked.sizing]}{before}"
        say(console, Text.assemble(("Drawn", "bold"), told))
        _say(console, "seed", str(plan.seed))
        _say(console, "list", str(folder / LIST))
    _say(console, "sizes", str(folder / SIZES))
    _say(console, "plan", str(folder / PLAN))


def _columns(first: str, *others: str) -> list[Column]:
    return [Column(first, is_free=True), *(Column(title, "right") for title in others)]


def _count(count: int | None) -> str:
    return NOTHING if count is None else f"{count:,}"


def _say(console: Console, label: str, words: str) -> None:
    label = shown(label)
    label_cells = f"{label} " if cell_len(label) >= _LABEL_CELLS else pad(label, _LABEL_CELLS).plain
    say(console, Text.assemble("  ", label_cells, shown(words)), hang=2 + _LABEL_CELLS)
