"""`callback-survey doctor`: what the pipeline needs of this machine, and what of it is missing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Any

from callback_survey.cli import language
from callback_survey.cli.options import add_exports, add_home, add_json, print_json

if TYPE_CHECKING:
    from callback_survey.settings import Settings
    from callback_survey.watch.doctor import Finding

SOMETHING_TO_TELL = 4
_DESCRIPTION = """Looks at what the pipeline needs, and changes nothing: versions, settings, registers, privacy key, the home and its
locks, disk, fonts, PostgreSQL, channels, Airflow with its pool and its DAGs. Says the next step for whatever is missing."""
_EXAMPLES = """examples:
  callback-survey doctor

exit codes: 0 nothing is missing, 4 something is"""
_MARKS = {"ok": ("✔", "green"), "warn": ("!", "yellow"), "fail": ("✘", "red")}
_SUBJECT_WIDTH = 14


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "doctor",
        help="look at settings, key, fonts, disk, database, channels and Airflow; say what is missing",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_json(parser)
    add_exports(parser)
    add_home(parser)
    parser.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from callback_survey.airflow import deployment
    from callback_survey.settings import load_settings

    answer = deployment.ask(load_settings(home=options.home, exports=options.exports))
    return show(
        load_settings(home=options.home, exports=options.exports, secret=answer.secrets.get),
        answer.findings,
        is_json=options.json,
    )


def show(settings: Settings, of_airflow: Sequence[Finding], *, is_json: bool) -> int:
    """Each finding when it is there, Airflow's last. The exit code says whether something is missing."""
    from rich.text import Text

    from callback_survey.cli.terminal import open_console, pad, say
    from callback_survey.watch import doctor
    from callback_survey.wording.catalogue import Words

    looked = chain(doctor.examine(settings, Words(language.chosen())), of_airflow)
    if is_json:
        found = list(looked)
        print_json([asdict(finding) for finding in found])
        return SOMETHING_TO_TELL if any(finding.state == "fail" for finding in found) else 0
    console, states = open_console(), set()
    for finding in looked:
        mark, colour = _MARKS[finding.state]
        subject = pad(language.shown(finding.subject), _SUBJECT_WIDTH)
        hang = len(mark) + 2 + _SUBJECT_WIDTH
        say(console, Text.assemble((f"{mark} ", colour), subject, " ", language.shown(finding.found)), hang=hang)
        if finding.next_step:
            say(console, f"{' ' * hang}{language.shown(f'next: {finding.next_step}')}", hang=hang)
        states.add(finding.state)
    if "fail" in states:
        say(console, "something is missing: see the next steps above")
        return SOMETHING_TO_TELL
    say(
        console,
        "nothing that a run needs is missing; look at what ! stands before"
        if "warn" in states
        else "nothing is missing",
    )
    return 0
