"""`callback-survey register`: whether the registers can be used, and a draft of one for a region that has none."""

from __future__ import annotations

import argparse
from typing import Any

_CHECK_DESCRIPTION = """Looks through the registers in dbt_project/seeds for what cannot be counted: a name that means two departments
in one quarter, a code with two names at once, successions and definitions that do not fit. Every run does so before it
lands anything."""


def add_to(commands: Any) -> None:
    """The command with its actions, in the parser of the command line."""
    register = commands.add_parser("register", help="check the registers of departments and measures, or draft one")
    actions = register.add_subparsers(required=True, metavar="action")
    check = actions.add_parser(
        "check",
        help="look for names that mean two departments, and other faults",
        description=_CHECK_DESCRIPTION,
        epilog="example:\n  callback-survey register check",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.set_defaults(command=_check)


def _check(_options: argparse.Namespace) -> int:
    from callback_survey import settings
    from callback_survey.register import rows, validate

    seeds = settings.load().seeds
    validate(seeds)
    departments = rows.read(seeds, "departments")
    codes = {row["department_code"] for row in departments}
    regions = {row["region_code"] for row in departments}
    aliases, successions, measures = (
        len(rows.read(seeds, name)) for name in ("department_aliases", "department_successions", "measures")
    )
    print(
        f"{seeds}: no fault in {len(codes)} departments of {len(regions)} regions, {aliases} aliases, "
        f"{successions} successions and {measures} measures"
    )
    return 0
