"""Options that commands share: each is written once, with the words of its help."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from callback_survey.errors import UsageError


def add_home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", type=Path, help="folder for all data (default var/)")


def add_exports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--exports", type=Path, help="folder with <region>/<quarter>/ (default sample_exports/)")


def add_scope(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    """The region and the quarter that a command is about; where they are not required, they narrow what it lists."""
    parser.add_argument(
        "--region", metavar="330109", required=is_required, help=None if is_required else "one region only"
    )
    parser.add_argument(
        "--quarter", metavar="2018Q1", required=is_required, help=None if is_required else "one quarter only"
    )


def date_of(option: str, text: str | None) -> date | None:
    """The day that an option names, None where it is not given. Raises UsageError for anything but an ISO date."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} is not valid: {text!r}", expected="a date such as 2018-06-07", next_step="correct the argument"
        ) from None
