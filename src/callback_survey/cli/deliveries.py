"""The commands `deliveries`, `rejects` and `rotate-key`: what lies in the lake, what was refused, and under which key."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from callback_survey.cli.language import show
from callback_survey.cli.options import add_home, add_json, add_scope, print_json
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope

_DELIVERIES_EXAMPLES = """examples:
  callback-survey deliveries
  callback-survey deliveries --region 123456 --quarter 2018Q1 --files"""
_REJECTS_EXAMPLES = """examples:
  callback-survey rejects --region 123456 --quarter 2018Q1
  callback-survey rejects --region 123456 --quarter 2018Q1 --export rejects.csv"""
_ROTATE_EXAMPLES = """examples:
  CALLBACK_SURVEY_PRIVACY_KEY_FILE=new.key callback-survey rotate-key --dry-run
  CALLBACK_SURVEY_PRIVACY_KEY_FILE=new.key callback-survey rotate-key"""


def add_to(commands: Any) -> None:
    deliveries = commands.add_parser(
        "deliveries",
        help="list landed and refused deliveries with time, source and result",
        epilog=_DELIVERIES_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_scope(deliveries, is_required=False)
    deliveries.add_argument("--files", action="store_true", help="also list each table: encoding, header, hash, rows")
    add_json(deliveries)
    add_home(deliveries)
    deliveries.set_defaults(command=_deliveries)
    rejects = commands.add_parser(
        "rejects",
        help="show the rejected rows of a delivery with their reasons, or export them for the sender",
        epilog=_REJECTS_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_scope(rejects)
    rejects.add_argument(
        "--delivery", metavar="ID", help="an earlier delivery (default: the current one, else the last)"
    )
    add_json(rejects)
    rejects.add_argument("--export", type=Path, metavar="FILE", help="write a CSV that opens safely in a spreadsheet")
    add_home(rejects)
    rejects.set_defaults(command=_rejects)
    rotate = commands.add_parser(
        "rotate-key",
        help="replace the privacy key of the lake",
        description="Lands every current delivery again from its exports, with the key that is set now. A delivery whose "
        "exports are gone keeps its tokens and the id of the earlier key.",
        epilog=_ROTATE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    rotate.add_argument("--dry-run", action="store_true", help="show what would be landed again; write nothing")
    add_home(rotate)
    rotate.set_defaults(command=_rotate_key)


def _deliveries(options: argparse.Namespace) -> int:
    from callback_survey.cli import deliveries_shown
    from callback_survey.cli.terminal import open_console
    from callback_survey.landing import ledger
    from callback_survey.settings import load_settings
    from callback_survey.storage import lakes

    settings = load_settings(home=options.home)
    quarter = str(Quarter.parse(options.quarter)) if options.quarter else None
    lakes.verify(settings.lake)
    entries = ledger.entries(settings.lake, options.region, quarter)
    if options.json:
        print_json([deliveries_shown.as_values(entry) for entry in entries])
        return 0
    if not entries:
        asked = " ".join(part for part in (options.region, quarter) if part)
        show(f"no deliveries{f' of {asked}' if asked else ''} under {settings.lake}")
        return 0
    deliveries_shown.show_deliveries(open_console(), entries, with_files=options.files)
    return 0


def _rejects(options: argparse.Namespace) -> int:
    from callback_survey.cli import deliveries_shown
    from callback_survey.cli.terminal import open_console
    from callback_survey.settings import load_settings
    from callback_survey.storage import lakes

    settings = load_settings(home=options.home)
    lakes.verify(settings.lake)
    report = deliveries_shown.find_delivery(
        settings.lake, Scope(options.region, str(Quarter.parse(options.quarter))), options.delivery
    )
    if options.json:
        print_json(deliveries_shown.rejects_as_values(settings.lake, report, options.export))
    elif options.export is None:
        deliveries_shown.show_rejects(open_console(), settings.lake, report)
    else:
        row_count = deliveries_shown.export_rejects(settings.lake, report, options.export)
        show(f"{options.export}: {row_count:,} rejected rows")
    return 0


def _rotate_key(options: argparse.Namespace) -> int:
    from callback_survey.checks import overrides
    from callback_survey.landing.rotation import rotate
    from callback_survey.pipeline import local
    from callback_survey.settings import load_settings

    settings = load_settings(home=options.home)
    kept = 0
    for rotated in rotate(
        settings.lake,
        seeds=settings.seeds,
        secret=settings.read_privacy_key(),
        memory_limit=settings.memory_limit,
        run_id=local.new_run_id(),
        is_rehearsal=options.dry_run,
    ):
        kept += not rotated.is_done
        show(f"{rotated.report.name}: {rotated.explanation}")
        for decision in overrides.in_force(settings.overrides, rotated.report.scope) if rotated.is_done else ():
            if decision.delivery_id == rotated.report.delivery_id:
                show(
                    f"  {decision.check_id}, accepted by {decision.by} for it, has to be accepted again under the new key"
                )
    show(
        "nothing was written"
        if options.dry_run
        else f"the lake now uses the key that is set; {kept} deliveries were not changed"
    )
    return 0
