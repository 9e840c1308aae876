"""The command `verify`: a look over a whole home, which changes nothing."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from callback_survey.cli.language import show
from callback_survey.cli.options import add_home, add_json, print_json

SOMETHING_TO_TELL = 4
_EXAMPLES = """examples:
  callback-survey verify                  every byte of the home that counts
  callback-survey verify --home /backup   a copy, before it is needed

It reads ledger, lake, checks, accepted failures, releases, journal, what is served, issued notices, alerts and the watch's
memory, and changes nothing. `callback-survey releases verify` reads the releases alone.

exit codes: 0 whole, 4 it found faults and printed each with its next step"""


def add_to(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    verify = commands.add_parser(
        "verify",
        help="look over a whole home: what was changed, cut off or lost, and what to do about it",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_json(verify)
    add_home(verify)
    verify.set_defaults(command=_verify)


def _verify(options: argparse.Namespace) -> int:
    from callback_survey.settings import load_settings
    from callback_survey.watch.whole_home import look_over

    settings = load_settings(home=options.home)
    if options.json:
        parts = list(look_over(settings))
        print_json([asdict(part) for part in parts])
        return SOMETHING_TO_TELL if any(part.faults for part in parts) else 0
    fault_count = 0
    for part in look_over(settings):
        show(f"{part.name}: {part.count} read, {len(part.faults)} faults")
        for fault in part.faults:
            show(f"  {fault.path}")
            show(f"    {fault.what}")
            show(f"    next: {fault.next_step}")
        fault_count += len(part.faults)
    show("the home is whole" if not fault_count else f"{fault_count} faults")
    return SOMETHING_TO_TELL if fault_count else 0
