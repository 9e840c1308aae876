"""`callback-survey alerts`: do alerts reach people?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from callback_survey.cli import language
from callback_survey.cli.options import add_json, print_json
from callback_survey.errors import UsageError

if TYPE_CHECKING:
    from callback_survey.alerts.trial import Trial

SOMETHING_TO_TELL = 4
_DESCRIPTION = """Sends a test alert through each channel of the settings and prints what each answered. People see at once that it
is a test. Nothing is recorded, and no problem is opened. PagerDuty is left out, where any message opens an incident, unless
--incidents is given."""
_EXAMPLES = """examples:
  callback-survey alerts test

exit codes: 0 each channel took it, 4 one did not, 2 no channel is set"""


def add_to(commands: Any) -> None:
    alerts = commands.add_parser("alerts", help="try the channels of the alerts")
    actions = alerts.add_subparsers(required=True, metavar="action")
    test = actions.add_parser(
        "test",
        help="send a test alert through each channel",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    test.add_argument("--incidents", action="store_true", help="also where a message opens an incident (PagerDuty)")
    add_json(test)
    test.set_defaults(command=_test)


def _test(options: argparse.Namespace) -> int:
    from callback_survey.alerts import trial
    from callback_survey.settings import load_settings

    tried = list(trial.try_channels(load_settings(), with_incidents=options.incidents))
    if options.json:
        print_json([asdict(one) for one in tried])
    elif tried:
        _show(tried)
    if not tried:
        raise UsageError(
            "no channel is set: nobody would be told",
            expected="CALLBACK_SURVEY_ALERT_URLS",
            next_step="docs/runbook.md#channels shows the form of each",
        )
    return 0 if all(one.is_well for one in tried) else SOMETHING_TO_TELL


def _show(tried: Sequence[Trial]) -> None:
    from callback_survey.cli.terminal import Column, open_console, show_table
    from callback_survey.wording.catalogue import Words

    words = Words(language.chosen())
    rows = [
        [
            "✔" if one.is_well else "✘",
            one.channel,
            words.listed([words(f"test.{severity}") for severity in one.hears]),
            one.result.detail if one.result else "left out: it would open an incident; --incidents sends it",
        ]
        for one in tried
    ]
    columns = [Column(""), Column("channel"), Column("hears of"), Column("answer", is_free=True)]
    show_table(open_console(), columns, rows)
