"""Options that commands share: each is written once, with the words of its help."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

from callback_survey.errors import UsageError

_BESIDE_THE_REASON_HELP = "recorded with the reason"


def add_home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", type=Path, help="folder for all data (default var/)")


def add_exports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--exports", type=Path, help="folder with <region>/<quarter>/ (default sample_exports/)")


def add_scope(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    """The region and the quarter that a command is about; where they are not required, they narrow what it lists."""
    parser.add_argument(
        "--region", metavar="123456", required=is_required, help=None if is_required else "one region only"
    )
    parser.add_argument(
        "--quarter", metavar="2018Q1", required=is_required, help=None if is_required else "one quarter only"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for a program; the exit code stays the same")


def print_json(value: object) -> None:
    """Names of fields are English in either language, moments ISO 8601, paths text."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def add_without_manifest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--without-manifest", action="store_true", help="accept a delivery without a manifest.json, unverified"
    )


def add_reason(parser: argparse.ArgumentParser, recorded: str, *, is_required: bool = True) -> None:
    """Why a person decided so, and where that is written."""
    parser.add_argument("--reason", metavar="TEXT", default="", required=is_required, help=f"the reason; {recorded}")


def add_by(
    parser: argparse.ArgumentParser, recorded: str = _BESIDE_THE_REASON_HELP, *, is_required: bool = False
) -> None:
    """Who decided, and where that is written. Not required: the command asks for it in its own words."""
    parser.add_argument(
        "--by", metavar="NAME", default="", required=is_required, help=f"the person who decides; {recorded}"
    )


def add_imprint(parser: argparse.ArgumentParser, *, date_help: str) -> None:
    """What stands in the head of a notice and only people know."""
    parser.add_argument("--issuer", metavar="OFFICE", default="", help="issuing office (印发单位)")
    parser.add_argument(
        "--number", metavar="NUMBER", default="", help="number of the notice, such as 某跑改办〔2018〕5号 (文号)"
    )
    parser.add_argument("--date", metavar="2018-06-07", help=date_help)
    parser.add_argument("--signatory", metavar="NAME", default="", help="who signs, printed beside the number (签发人)")


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
