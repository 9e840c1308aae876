"""Revisions as a person reads them in a terminal: a list, one whole, and the difference between two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from callback_survey.checks.model import CheckReport, describe
from callback_survey.cli.language import shown
from callback_survey.cli.terminal import NOTHING, Cell, Column, pad, say, show_table
from callback_survey.landing.corrections import DatasetDifference
from callback_survey.local_time import to_the_second
from callback_survey.releases.difference import Difference, Figures, MeasureDifference, Moved, Totals
from callback_survey.releases.hashes import has_documents
from callback_survey.releases.journal import Decision
from callback_survey.releases.model import Release
from callback_survey.releases.standing import Standing
from callback_survey.wording import signs

_COLOURS = {"served": "green", "rolled back": "yellow"}
_UNKNOWN = "—"
_VALUE_AT = 16
_ACTS = {"rolled_back": "served again"}


def show_list(
    console: Console, every: Sequence[Release], served: Sequence[Release], standings: Mapping[str, Standing]
) -> None:
    """One line a revision: when it was frozen, whether it is served, what was decided about its notice, and why it is there."""
    rows: list[list[Cell]] = []
    names = {release.name for release in served}
    for release in every:
        standing = standings[release.name]
        state = _state(release, names, standing)
        rows.append(
            [
                release.region_code,
                release.quarter,
                f"r{release.revision}",
                to_the_second(release.released_at),
                Text(state, style=_COLOURS.get(state, "dim")),
                _notice(standing),
                str(release.warning_count),
                _why(release, standing),
            ]
        )
    titles = ("region", "quarter", "rev.", "released (Shanghai)", "state", "notice", ">warned", "why")
    show_table(console, _columns(*titles), rows)


def as_values(
    every: Sequence[Release], served: Sequence[Release], standings: Mapping[str, Standing]
) -> list[dict[str, Any]]:
    """The same list for a program: the facts of each revision, its state and what was decided about it."""
    names = {release.name for release in served}
    facts = ("region_code", "quarter", "revision", "released_at", "run_id", "reason", "content_hash", "delivery_id")
    return [
        {
            **{name: getattr(release, name) for name in (*facts, "data_note", "warning_count", "folder")},
            "state": _state(release, names, standings[release.name]).replace(" ", "_"),
            **asdict(standings[release.name]),
        }
        for release in every
    ]


def release_as_values(
    release: Release, served: Release | None, standing: Standing, entries: Sequence[Decision]
) -> dict[str, Any]:
    """One revision whole for a program: its line of the list, and what it was made of, holds and what was decided."""
    (line,) = as_values([release], [served] if served else [], {release.name: standing})
    facts = ("compared_with", "code_fingerprint", "code_version", "difference", "accepted", "input_files", "tables")
    return {
        **line,
        **{name: getattr(release, name) for name in facts},
        "checks": [asdict(report) for report in release.check_reports()],
        "decisions": [asdict(entry) for entry in entries],
        "documents": _documents(release),
    }


def difference_as_values(difference: Difference) -> dict[str, Any]:
    """A comparison for a program; figures are text, as they are printed."""
    before, after = difference.before, difference.after
    return {
        "region_code": after.region_code,
        "quarter": after.quarter,
        "before": before.revision,
        "after": after.revision,
        "reason": after.reason,
        "measures": [asdict(measure) for measure in difference.measures],
        "tables": difference.tables,
        "not_compared": difference.not_compared,
    }


def _state(release: Release, served: set[str], standing: Standing) -> str:
    if release.name in served:
        return "served"
    return "rolled back" if standing.is_rolled_back else "replaced"


def _notice(standing: Standing) -> str:
    told = _numbered(standing.approval_status, standing.notice_number)
    told = f"{told}, by {standing.approved_by}" if standing.approved_by else told
    if standing.withdrawn_by:
        return f"{told}; withdrawn by {standing.withdrawn_by}: {standing.withdrawn_reason}"
    if standing.corrected_by_revision is None:
        return told
    return f"{told}; replaced by r{standing.corrected_by_revision}: {standing.corrected_reason}"


def _numbered(status: str, title: str | None) -> str:
    if not title:
        return status
    told = {"issued": f"issued {title}", "corrected": f"corrected {title}", "withdrawn": f"withdrawn {title}"}
    return told.get(status, f"approved {title}")


def _why(release: Release, standing: Standing) -> str:
    if not standing.is_rolled_back:
        return release.reason
    return f"{release.reason}; rolled back by {standing.rolled_back_by}: {standing.rolled_back_reason}"


def show_release(
    console: Console, release: Release, served: Release | None, standing: Standing, entries: Sequence[Decision]
) -> None:
    """One revision whole: what it was made of, what it holds, what was checked and what was decided."""
    names = {served.name} if served else set()
    told = f"  {_state(release, names, standing)}, notice {_notice(standing)}"
    say(console, Text.assemble((release.name, "bold"), told))
    for label, value in _facts(release, served):
        say(console, Text.assemble("  ", pad(shown(label), _VALUE_AT - 2), shown(value)), hang=_VALUE_AT)
    _heading(console, "Inputs")
    for name, digest in release.input_files.items():
        say(console, f"  {digest}  {name}")
    _heading(console, "Tables")
    rows = [
        [f"  {name}", f"{details['row_count']:,}", f"{details.get('content_hash', '')[:16]}"]
        for name, details in release.tables.items()
    ]
    show_table(console, [Column("  table"), Column("rows", "right"), Column("content hash")], rows)
    _heading(console, "Checks")
    for line in _checks(release.check_reports()):
        say(console, f"  {line}")
    _heading(console, "Decisions")
    for entry in entries:
        say(console, f"  {_decision(entry)}")
        for name, value in entry.details.items():
            if value:
                padded = pad(shown(name.replace("_", " ")), _VALUE_AT - 4)
                say(console, Text.assemble("    ", padded, value), hang=_VALUE_AT)
    if not entries:
        say(console, "  none yet")
    _heading(console, "Documents")
    for path in _documents(release):
        say(console, f"  {path}")
    if not has_documents(release):
        say(console, "  not made yet")


def _facts(release: Release, served: Release | None) -> Iterator[tuple[str, str]]:
    if served is not None and served.name != release.name:
        yield "now served", f"r{served.revision}"
    yield "released", f"{to_the_second(release.released_at)} (Shanghai), by run {release.run_id}"
    yield "why", release.reason
    if release.compared_with:
        yield "compared with", "{quarter} r{revision}".format(**release.compared_with)
    if release.data_note:
        yield "data note", release.data_note
    yield "delivery", release.delivery_id
    yield "rules", release.code_fingerprint
    yield "code", release.code_version or "not recorded"
    yield "content hash", release.content_hash
    if release.difference is not None:
        moved = len(release.difference["departments"])
        rows = "; ".join(str(DatasetDifference(**each)) for each in release.difference["rows"])
        yield (
            "changed",
            f"against {release.difference['against']}: {moved} rates or flags changed{f'; {rows}' if rows else ''}",
        )
    yield "folder", str(release.folder)


def _checks(reports: Sequence[CheckReport]) -> Iterator[str]:
    for report in reports:
        passed = sum(result.outcome == "pass" for result in report.results)
        yield f"{report.gate}: {len(report.results)} checks, {passed} passed"
        for kind, results in (("accepted", report.accepted), ("warned", report.warnings)):
            for result in results:
                first, *others = describe([result])
                yield f"  {kind}: {first}"
                yield from (f"  {line}" for line in others)
                if result.is_accepted:
                    yield f"    accepted by {result.accepted_by}, {to_the_second(result.accepted_at)}: {result.accepted_reason}"


def _decision(entry: Decision) -> str:
    at, act = to_the_second(entry.at), _ACTS.get(entry.act, entry.act)
    if entry.reason:
        return f"{at}  r{entry.revision} {act} by {entry.by}: {entry.reason}"
    return f"{at}  r{entry.revision} {act} by {entry.by}"


def _documents(release: Release) -> list[Path]:
    if not has_documents(release):
        return []
    return [path for path in sorted(release.notice.parent.rglob("*")) if path.is_file()]


def show_difference(console: Console, difference: Difference) -> None:
    """The departments whose printed rate, rank or flag is another one, and both averages. In Chinese, as their names are."""
    before, after = difference.before, difference.after
    title = f"{after.region_code} {after.quarter}  r{before.revision} → r{after.revision}"
    say(console, Text(title, style="bold"))
    say(console, f"r{after.revision}: {after.reason}")
    for measure in difference.measures:
        console.print()
        say(console, Text.assemble((measure.measure_name, "bold"), f"  {_totals(measure)}"))
        if measure.moved:
            _show_moved(console, measure, before, after)
        else:
            say(console, "没有部门变动")
    if difference.tables:
        say(console, f"\n内容不同的表：{'、'.join(difference.tables)}")
    else:
        say(console, "\n所有表的内容都相同")
    if difference.not_compared:
        say(console, f"只有一个版本有、因此未比较的栏目：{'、'.join(difference.not_compared)}")


def _totals(measure: MeasureDifference) -> str:
    def told(name: str, of: tuple[object, object], unit: str = "") -> str:
        one, other = (_UNKNOWN if value is None else str(value) for value in of)
        return f"{name} {one}{unit if one == other else f' → {other}{unit}'}"

    one, other = measure.before, measure.after
    parts = [
        told("平均", (one.average_pct, other.average_pct)),
        told("低于平均", (one.below_count, other.below_count), " 个"),
        told("超出抽样误差", (one.significantly_below_count, other.significantly_below_count), " 个"),
    ]
    return "，".join(part for part, of in zip(parts, _pairs(one, other), strict=True) if any(v is not None for v in of))


def _pairs(one: Totals, other: Totals) -> list[tuple[object, object]]:
    return [
        (one.average_pct, other.average_pct),
        (one.below_count, other.below_count),
        (one.significantly_below_count, other.significantly_below_count),
    ]


def _show_moved(console: Console, measure: MeasureDifference, before: Release, after: Release) -> None:
    one, other = f"r{before.revision}", f"r{after.revision}"
    rows = [
        [
            moved.department_name,
            *(_figure(figures and figures.rate_pct) for figures in (moved.before, moved.after)),
            *(_figure(figures and figures.rate_rank) for figures in (moved.before, moved.after)),
            "；".join(_words(moved, one, other)),
        ]
        for moved in measure.moved
    ]
    show_table(console, _columns("部门", f">{one}", f">{other}", f">名次 {one}", f">名次 {other}", "变动"), rows)


def _figure(value: object) -> str:
    return NOTHING if value is None else str(value)


def _words(moved: Moved, one: str, other: str) -> Iterator[str]:
    """What became of the flags. Beyond chance is said only where a revision says so."""
    if moved.before is None:
        yield f"{one} 中没有"
    if moved.after is None:
        yield f"{other} 中没有"
        return
    before, after = moved.before or Figures(None, None, None, None, None), moved.after
    if before.rate_pct is None and after.rate_pct is not None and moved.before is not None:
        yield "新有结果"
    if before.rate_pct is not None and after.rate_pct is None:
        yield "不再有结果"
    for was, flag, on, off in (
        (before.is_below_average, after.is_below_average, "现在低于平均", "现在不低于平均"),
        (before.is_significantly_below, after.is_significantly_below, signs.BEYOND_CHANCE, "不再超出抽样误差"),
        (
            before.is_significantly_below_superpopulation,
            after.is_significantly_below_superpopulation,
            signs.FIRM,
            "按部门水平不再成立",
        ),
    ):
        if flag and not was:
            yield on
        elif was and flag is False:
            yield off


def _columns(*titles: str) -> list[Column]:
    """A title with `>` is of numbers; what does not fit of the last column goes beneath its row."""
    columns = [Column(title.removeprefix(">"), "right" if title.startswith(">") else "left") for title in titles[:-1]]
    return [*columns, Column(titles[-1], is_free=True)]


def _heading(console: Console, title: str) -> None:
    say(console, Text(f"\n{title}", style="bold"))
