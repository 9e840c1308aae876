"""What a run ends with: the figures of a served quarter, the checks, where things are, and what took the time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.text import Text

from callback_survey import releases
from callback_survey.cli import deliveries_shown
from callback_survey.cli.language import chosen, shown
from callback_survey.cli.terminal import NOTHING, Cell, Column, pad, say, show_table
from callback_survey.documents.notice.own_texts import own_texts
from callback_survey.landing import ledger
from callback_survey.landing.corrections import DatasetDifference
from callback_survey.local_time import to_the_second
from callback_survey.progress import Event
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.wording import signs
from callback_survey.wording.figures import percent

LOWEST_SHOWN = 5
# of more regions the screen gets a line each
_IN_FULL = 5
_EXAMPLE_AT = 7


def show(console: Console, settings: Settings, quarter: str, regions: Sequence[str]) -> None:
    """The served figures of a run's regions: each in full, or where they are many a line each."""
    if len(regions) > _IN_FULL:
        _show_regions(console, settings, quarter, regions)
        return
    for region in regions:
        show_quarter(console, settings, Scope(region, quarter))


def _show_regions(console: Console, settings: Settings, quarter: str, regions: Sequence[str]) -> None:
    """A line for each region: averages, how many are below them, warnings, and which revision is served."""
    with duckdb.connect(str(settings.serving / "marts.duckdb"), read_only=True) as connection:
        scope = {"quarter": quarter, "regions": list(regions)}
        own = "quarter = $quarter and region_code in (select unnest($regions))"
        measures = connection.execute(
            "select distinct measure, measure_name, measure_order from region_rates join measures using (measure) "
            f"where {own} order by measure_order",
            scope,
        ).fetchall()
        rates = {
            (row["region_code"], row["measure"]): row
            for row in _rows(connection, f"select * from region_rates where {own}", **scope)
        }
        found = _rows(
            connection,
            f"""
            select
                region_code, region_name,
                max(revision) filter (is_served) as served_revision, max(revision) as last_revision,
                any_value(data_note) filter (is_served) as data_note,
                (
                    select count(*) from check_results as checks
                    where checks.region_code = releases.region_code and checks.quarter = $quarter
                    and is_served and outcome = 'warn'
                ) as warning_count
            from releases join regions using (region_code)
            where {own}
            group by region_code, region_name
            order by region_code
            """,
            **scope,
        )
    notes = Counter(row["data_note"] for row in found if row["data_note"])
    console.rule(Text(f"{quarter}  {len(found)} 个地区"), characters="-")
    for note, count in notes.items():
        say(console, Text(f"{note}（{count} 个地区）", style="yellow"))
    console.print()
    columns = [Column("地区", is_free=True)]
    for _, name, _ in measures:
        columns += [Column(name, "right"), Column("低于平均", "right")]
    columns += [Column("提醒", "right"), Column("版本", "right")]
    lines: list[list[Cell]] = []
    for row in found:
        line: list[Cell] = [f"{row['region_code']} {row['region_name']}"]
        for measure, *_ in measures:
            rate = rates.get((row["region_code"], measure), {})
            below = rate.get("below_average_count")
            line += [percent(rate.get("average_pct")), NOTHING if below is None else str(below)]
        served, last = (f"r{row[name]}" for name in ("served_revision", "last_revision"))
        revision = Text(served) if served == last else Text(f"{served}（最新为{last}）", style="yellow")
        lines.append([*line, str(row["warning_count"]), revision])
    show_table(console, columns, lines)
    console.print()
    region = regions[0]
    say(console, f"One region in full: callback-survey run --quarter {quarter} --region {region}")
    console.print()
    _show_paths(console, settings, (("releases", settings.releases),))
    _show_postgres(console, settings)


def show_quarter(console: Console, settings: Settings, scope: Scope) -> None:
    """The served figures of a region's quarter, read as any reader would: from serving/marts.duckdb, read-only."""
    marts = settings.serving / "marts.duckdb"
    cases = own_texts(settings.notices, scope).texts.cases
    with duckdb.connect(str(marts), read_only=True) as connection:
        keys = {"region_code": scope.region_code, "quarter": scope.quarter}
        found = _rows(
            connection,
            "select region_name from regions where region_code = $region_code",
            region_code=scope.region_code,
        )
        console.rule(Text(f"{found[0]['region_name']} {scope.quarter}"), characters="-")
        release = _rows(
            connection,
            "select revision, data_note from releases where region_code = $region_code "
            "and quarter = $quarter and is_served",
            **keys,
        )[0]
        if release["data_note"]:
            say(console, Text(release["data_note"], style="yellow"))
        _show_delivery(console, settings, scope)
        for rates in _rows(
            connection,
            "select * from region_rates join measures using (measure) "
            "where region_code = $region_code and quarter = $quarter order by measure_order",
            **keys,
        ):
            _show_measure(console, connection, rates, keys, cases)
        _show_findings(console, connection, keys)
        _show_checks(console, connection, keys)
        measures = dict(connection.execute("select measure, measure_name from measures").fetchall())
    found_releases = releases.revisions(settings.releases, scope)
    served = next(found for found in found_releases if found.revision == release["revision"])
    _show_rollback(console, settings, served, found_releases[-1])
    _show_difference(console, served, measures)
    _show_places(console, settings, served)


def _show_delivery(console: Console, settings: Settings, scope: Scope) -> None:
    landed = ledger.current(settings.lake, scope)
    if landed is not None:
        deliveries_shown.show_files(console, landed)


def _show_measure(
    console: Console, connection: duckdb.DuckDBPyConnection, rates: dict[str, Any], keys: dict[str, str], cases: str
) -> None:
    benchmark = ""
    if rates["benchmark_pct"] is not None:
        benchmark = f"   {rates['benchmark_label']} {rates['benchmark_pct']}"
    if rates["gap_to_benchmark_pct"] is not None:
        benchmark += f"   差距 {rates['gap_to_benchmark_pct']:+}"
    console.print()
    say(console, Text.assemble((f"{rates['measure_name']}  平均 {percent(rates['average_pct'])}", "bold"), benchmark))
    # releases of an earlier version mask nothing
    can_mask = "select 1 from duckdb_columns() where table_name = 'department_rates' and column_name = 'is_suppressed'"
    masked = connection.execute(can_mask).fetchall() and _rows(
        connection,
        "select department_name from department_rates where region_code = $region_code and quarter = $quarter "
        "and measure = $measure and is_suppressed order by department_code",
        measure=rates["measure"],
        **keys,
    )
    if masked:
        names = "、".join(str(row["department_name"]) for row in masked)
        say(console, f"人数少，为保护答复人不予公布 {len(masked)} 个：{names}", hang=2)
    if not rates["rated_department_count"]:
        say(console, "没有部门得出该项比率")
        return
    below = _rows(
        connection,
        "select * from below_average where region_code = $region_code "
        "and quarter = $quarter and measure = $measure order by list_position",
        measure=rates["measure"],
        **keys,
    )
    told = [f"低于平均 {len(below)} 个（共 {rates['rated_department_count']} 个有结果的部门）：{_named(below)}"]
    # where only annexes survive nobody knows how many answered, so nothing can be tested
    if rates["significantly_below_count"] is not None:
        for words, flag in (
            (f"超出抽样误差的 {{}} 个（{signs.quarter_scope(cases)}）", "is_significantly_below"),
            (f"{signs.FIRM}的 {{}} 个", "is_significantly_below_superpopulation"),
        ):
            if below and all(row[flag] is None for row in below if row["reliability"] != signs.NOT_RATED):
                told.append(f"  {signs.FIRM_UNTESTED}")
                continue
            beyond = [row for row in below if row[flag] and row["reliability"] != signs.NOT_RATED]
            told.append(f"  {words.format(len(beyond))}：{_named(beyond)}")
        few = [row for row in below if row["reliability"] == signs.NOT_RATED]
        if few:
            told.append(f"  {signs.FEW}的 {len(few)} 个：{_named(few)}")
    for line in told:
        say(console, line)
    lowest = _rows(
        connection,
        "select * from department_rates where region_code = $region_code and quarter = $quarter "
        "and measure = $measure and rate_pct is not null and reliability is distinct from 'not_rated' "
        "order by rate_pct, department_code limit $shown",
        measure=rates["measure"],
        shown=LOWEST_SHOWN,
        **keys,
    )
    columns = [Column("最低的部门", is_free=True)]
    columns += [Column(title, "right") for title in (rates["measure_name"], "抽样", "有效样本框")]
    show_table(
        console,
        columns,
        [
            [row["department_name"], str(row["rate_pct"]), f"{row['sample_count']:,}", f"{row['valid_frame_count']:,}"]
            for row in lowest
        ],
    )


def _named(rows: Sequence[Mapping[str, Any]]) -> str:
    return "、".join(row["department_name"] for row in rows) or "无"


def _show_findings(console: Console, connection: duckdb.DuckDBPyConnection, keys: dict[str, str]) -> None:
    """What a reader must know of the quarter's data, counted by kind; the table has each with its evidence."""
    kinds = _rows(
        connection,
        "select any_value(title) as title, count(*) as finding_count from findings join finding_codes using (finding_code) "
        "where region_code = $region_code and quarter = $quarter group by finding_code order by 2 desc, 1",
        **keys,
    )
    total = sum(kind["finding_count"] for kind in kinds)
    told = "，".join(f"{kind['title']} {kind['finding_count']}" for kind in kinds)
    console.print()
    say(console, Text.assemble(("数据提示", "bold"), f"  {total} 条{'：' if told else ''}{told}"))


def _show_checks(console: Console, connection: duckdb.DuckDBPyConnection, keys: dict[str, str]) -> None:
    checks = _rows(
        connection,
        "select check_id, severity, outcome, observed, allowed, examples, is_accepted, accepted_by, accepted_reason, "
        # a moment as text: without a library for time zones DuckDB gives Python none
        "accepted_at::text as accepted_at from check_results "
        "where region_code = $region_code and quarter = $quarter and is_served "
        "order by gate, check_id",
        **keys,
    )
    told = [check for check in checks if check["outcome"] not in ("pass", "skipped")]
    skipped = sum(check["outcome"] == "skipped" for check in checks)
    accepted = sum(check["is_accepted"] for check in checks)
    passed, warned = len(checks) - len(told) - skipped, len(told) - accepted
    counted = f"  {len(checks)}: {passed} passed, {warned} warned, {skipped} had nothing to compare"
    failed = (f", {accepted} failed and accepted" if accepted else "", "red")
    console.print()
    say(console, Text.assemble(("Checks", "bold"), counted, failed))
    for check in told:
        told_of = f" {check['check_id']}: {check['observed']}; allowed: {check['allowed']}"
        say(console, Text.assemble("  ", (check["severity"], "yellow"), told_of), hang=_EXAMPLE_AT)
        for example in check["examples"].split("；"):
            say(console, f"{' ' * _EXAMPLE_AT}{example}")
        if check["is_accepted"]:
            decision = (
                f"accepted by {check['accepted_by']}, {to_the_second(check['accepted_at'])}: {check['accepted_reason']}"
            )
            say(console, f"{' ' * _EXAMPLE_AT}{decision}")


def _show_rollback(console: Console, settings: Settings, served: releases.Release, newest: releases.Release) -> None:
    """That the figures are not those of the latest delivery, because somebody decided so."""
    if served.revision == newest.revision:
        return
    found = releases.standings(settings.releases, [newest])[newest.name]
    told = f"{found.rolled_back_by}, {to_the_second(found.rolled_back_at or '')}: {found.rolled_back_reason}"
    console.print()
    instead = (f"r{served.revision} is served instead of r{newest.revision}", "yellow")
    say(console, Text.assemble(instead, f", rolled back by {told}"))


def _show_difference(console: Console, served: releases.Release, measures: Mapping[str, str]) -> None:
    """What a later revision changed: rows of the delivery, and departments whose rate or flag moved."""
    if served.difference is None:
        return
    told = f"  {served.reason}; compared with {served.difference['against']}"
    console.print()
    say(console, Text.assemble((f"r{served.revision}", "bold"), told))
    for rows in served.difference["rows"]:
        say(console, f"  {DatasetDifference(**rows)}")
    for moved in served.difference["departments"]:
        flag = ""
        if moved["is_below_average_before"] != moved["is_below_average_after"]:
            flag = "，现在低于平均" if moved["is_below_average_after"] else "，现在不低于平均"
        name = f"{moved['department_name']}（{measures.get(moved['measure'], moved['measure'])}）"
        change = f"{moved['rate_pct_before'] or '—'} → {moved['rate_pct_after'] or '—'}"
        say(console, f"  {name}: {change}{flag}")
    for moved in served.difference.get("signs", ()):
        name = f"{moved['department_name']}（{measures.get(moved['measure'], moved['measure'])}）"
        say(console, f"  {name}: 标记 {moved['sign_before'] or '—'} → {moved['sign_after'] or '—'}")


def _show_places(console: Console, settings: Settings, served: releases.Release) -> None:
    console.print()
    _show_paths(console, settings, (("release", served.folder),))
    has_documents = releases.has_documents(served)
    notice = _short(served.notice) if has_documents else shown("not made yet: run the quarter again")
    say(console, Text.assemble("  ", pad(shown("notice"), 9), (notice, "" if has_documents else "yellow")))
    _show_postgres(console, settings)


def _show_postgres(console: Console, settings: Settings) -> None:
    if settings.postgres_url is not None:
        from callback_survey.serving.postgres.address import Address

        say(console, f"  postgres {Address(settings.postgres_url).shown}, schema marts")


def _show_paths(console: Console, settings: Settings, others: Sequence[tuple[str, Path]]) -> None:
    say(console, Text("Files", style="bold"))
    served = (("marts", settings.serving / "marts.duckdb"), ("parquet", settings.serving / "parquet"))
    for label, path in (*served, *others):
        say(console, Text.assemble("  ", pad(shown(label), 9), _short(path)))


def show_times(console: Console, events: Sequence[Event]) -> None:
    """How long each step took; a step that ran for several regions is added up."""
    seconds: dict[str, float] = {}
    for event in events:
        if event.state in ("done", "failed"):
            seconds[event.step] = seconds.get(event.step, 0.0) + event.seconds
    separator = ", " if chosen() == "en" else "，"
    told = separator.join(f"{shown(step)} {spent:.1f} s" for step, spent in seconds.items())
    console.print()
    say(console, Text.assemble(("Time", "bold"), f"  {told}"))


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **parameters: object) -> list[dict[str, Any]]:
    cursor = connection.execute(query, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _short(path: Path) -> str:
    """Relative to the working folder where that is shorter: people copy these."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
