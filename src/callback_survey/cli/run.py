"""`callback-survey run`: a quarter without Airflow; and what `callback-survey airflow run` has in common with it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from callback_survey.cli.options import add_exports, add_home, add_without_manifest
from callback_survey.errors import GateFailed, SurveyError, UsageError, is_stopped
from callback_survey.quarter import Quarter

if TYPE_CHECKING:
    from rich.console import Console

    from callback_survey.progress import Event
    from callback_survey.settings import Settings

_EXAMPLES = """examples:
  callback-survey run --quarter 2018Q1                     every region that delivered
  callback-survey run --region 123456 --quarter 2018Q1     one region
  callback-survey run --quarter 2018Q1 --dry-run           show what would be landed and superseded; write nothing
  callback-survey run --quarter 2018Q1..2019Q1             quarter after quarter

exit codes: 0 released or nothing new, 2 usage or configuration, 3 a gate failed, 1 anything else"""


def add_to(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="run a quarter: land, check, build, check, release, serve, document",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_quarter_options(run)
    run.add_argument("--dry-run", action="store_true", help="show what would be landed and superseded; write nothing")
    run.set_defaults(command=_run)


def add_quarter_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--quarter", required=True, metavar="2018Q1", help="a quarter, or a range such as 2018Q1..2019Q1"
    )
    parser.add_argument(
        "--region", metavar="123456", help="six-digit division code (default: every region that delivered)"
    )
    add_without_manifest(parser)
    add_exports(parser)
    add_home(parser)


def asked(options: argparse.Namespace) -> tuple[Settings, list[Quarter], str | None]:
    """The options, judged before anything is started."""
    from callback_survey.settings import load_settings

    quarters = Quarter.parse_range(options.quarter)
    region = options.region
    if region is not None and not re.fullmatch("[0-9]{6}", region):
        raise UsageError(
            f"not a region code: {region!r}",
            expected="six digits, such as 123456",
            next_step="callback-survey run --region 123456 --quarter 2018Q1",
        )
    settings = load_settings(home=options.home, exports=options.exports)
    if not settings.alert_urls_for("fail"):
        # with nobody to tell, before anything is loaded
        settings.read_privacy_key()
    return settings, quarters, region


def _run(options: argparse.Namespace) -> int:
    settings, quarters, region = asked(options)
    if options.dry_run:
        return _dry_run(settings, quarters, region, options.without_manifest)
    from callback_survey import progress
    from callback_survey.cli.display import Display
    from callback_survey.cli.terminal import open_console
    from callback_survey.pipeline import local
    from callback_survey.privacy import scrub
    from callback_survey.run import Run

    console = open_console()
    for quarter in quarters:
        with Display(console) as display:
            run = Run(settings, local.new_run_id(), display, options.without_manifest)
            with local.beginning(run, quarter, region):
                settings.read_privacy_key()
                log = local.log_to_file(run)
            try:
                failure = local.run_quarter(run, quarter, region)
            except SurveyError:
                raise
            except Exception as error:
                if is_stopped(error):
                    raise KeyboardInterrupt from error
                raise SurveyError(
                    f"{type(error).__name__}: {scrub(str(error).splitlines()[0]) if str(error) else 'no message'}",
                    where=str(log),
                    next_step="this is a fault of the pipeline or the machine; the log has the details",
                ) from error
        summarise(console, settings, quarter, run.run_id, progress.read(run.progress.log))
        if failure is not None:
            raise failure
    return 0


def _dry_run(settings: Settings, quarters: Sequence[Quarter], region: str | None, is_manifest_optional: bool) -> int:
    from callback_survey.cli.terminal import open_console, say
    from callback_survey.pipeline import local
    from callback_survey.run import Run

    console = open_console()
    settings.read_privacy_key()
    run = Run(settings, local.new_run_id(), is_manifest_optional=is_manifest_optional)
    is_refused = False
    for quarter in quarters:
        planned = local.plan(run, quarter, region)
        if not planned:
            say(console, f"{quarter}: no delivery under {settings.exports}")
        for landing in planned:
            say(console, f"{landing.delivery.name}: {landing.effect}")
            for line in landing.details:
                say(console, f"  {line}")
            is_refused = is_refused or landing.is_refused
    return GateFailed.exit_code if is_refused else 0


def summarise(console: Console, settings: Settings, quarter: Quarter, run_id: str, events: Sequence[Event]) -> None:
    """The regions that passed, whatever became of the others, and what took the time."""
    from callback_survey.cli import summary
    from callback_survey.pipeline import steps

    summary.show(console, settings, str(quarter), steps.passed_regions(run_id, settings, quarter))
    summary.show_times(console, events)
