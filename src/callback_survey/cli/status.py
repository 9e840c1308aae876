"""`callback-survey status`: one screen of where everything stands."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from callback_survey.cli import language
from callback_survey.cli.options import add_exports, add_home, add_json, add_scope, print_json
from callback_survey.quarter import Quarter

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from callback_survey.watch.status import QuarterStatus, Status
    from callback_survey.wording.catalogue import Words

SOMETHING_TO_TELL = 4
_SCREEN = 24
_DESCRIPTION = """One screen: per region and quarter what was landed, built and served, and what became of the notice; then what
waits for a person, what fails, and what the watch would report now. Reads only: nothing is written or sent."""
_EXAMPLES = """examples:
  callback-survey status
  callback-survey status --quarter 2018Q1
  callback-survey status --json

exit codes: 0 nothing fails, is late or is damaged, 4 something is"""
_COLOURS = {"served": "green", "current": "green", "refused": "red", "gate failed": "red", "damaged": "red"}


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "status",
        help="show on one screen what is landed, served, waiting for a person, late or failing",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_scope(parser, is_required=False)
    add_json(parser)
    add_exports(parser)
    add_home(parser)
    parser.set_defaults(command=_status)


def _status(options: argparse.Namespace) -> int:
    from callback_survey.cli.terminal import open_console
    from callback_survey.settings import load_settings
    from callback_survey.watch.status import look
    from callback_survey.wording.catalogue import Words

    quarter = str(Quarter.parse(options.quarter)) if options.quarter else None
    settings = load_settings(home=options.home, exports=options.exports)
    words = Words(language.chosen())
    found = look(settings, datetime.now(UTC), options.region, quarter)
    if options.json:
        problems = [{"key": one.key, "severity": one.severity, "text": one.text(words)} for one in found.problems]
        print_json({**asdict(found), "problems": problems})
    else:
        _show(open_console(), found, words, is_narrowed=bool(options.region or quarter))
    return SOMETHING_TO_TELL if found.problems or found.failing else 0


def _show(console: Console, found: Status, words: Words, *, is_narrowed: bool) -> None:
    from callback_survey.cli.terminal import say

    say(console, f"under way: {found.running}" if found.running else "no run is under way")
    _show_quarters(console, found.quarters if is_narrowed else found.quarters[-_SCREEN:])
    if hidden := 0 if is_narrowed else len(found.quarters[:-_SCREEN]):
        say(console, f"{hidden} earlier quarters: callback-survey status --region or --quarter")
    for waiting in found.waiting:
        say(console, f"waits for a signature: {waiting.scope.name} r{waiting.revision}, {waiting.title}")
    for problem in found.failing:
        scope = " ".join(part for part in (problem["region_code"], problem["quarter"]) if part) or problem["key"]
        say(console, f"{scope} failing since {problem['since']}: {problem['title']}")
    for one in found.problems:
        say(console, f"{words(f'severity.{one.severity}')}  {one.text(words)}")
        say(console, f"    {words('watch.do', text=one.remedy(words))}")
    if not (found.waiting or found.failing or found.problems):
        say(console, "no request waits for an answer, and nothing is late or fails")


def _show_quarters(console: Console, quarters: tuple[QuarterStatus, ...]) -> None:
    from callback_survey.cli.terminal import NOTHING, Cell, Column, say, show_table
    from callback_survey.local_time import to_the_minute

    if not quarters:
        say(console, "nothing was delivered yet")
        return
    rows: list[list[Cell]] = [
        [
            one.quarter,
            one.region_code,
            _coloured(one.delivery or NOTHING),
            to_the_minute(one.delivered_at) if one.delivered_at else NOTHING,
            language.shown("yes") if one.is_built else NOTHING,
            _served(one),
            to_the_minute(one.released_at) if one.released_at else NOTHING,
            one.notice or NOTHING,
        ]
        for one in quarters
    ]
    titles = ("quarter", "region", "delivery", "landed (Shanghai)", "built", "served", "released (Shanghai)", "notice")
    show_table(console, [Column(title) for title in titles], rows)


def _served(one: QuarterStatus) -> Text:
    """The revision that readers see, and where they are to see another one, that one too."""
    from rich.text import Text

    from callback_survey.cli.terminal import NOTHING

    if one.served == one.released:
        return Text(one.served or NOTHING, style="green" if one.served else "dim")
    return Text(f"{one.served or NOTHING} (not {one.released})", style="red")


def _coloured(state: str) -> Text:
    from rich.text import Text

    return Text(state, style=_COLOURS.get(state, "dim"))
