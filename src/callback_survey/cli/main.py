"""The command line. Exit codes: 0 released or nothing new, 2 usage or configuration, 3 a gate failed, 1 anything else."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from contextvars import copy_context
from typing import TYPE_CHECKING

from callback_survey import __version__
from callback_survey.cli import approval as approval_command
from callback_survey.cli import checks as checks_command
from callback_survey.cli import dbt as dbt_command
from callback_survey.cli import deliveries, language, releases, streams, watch
from callback_survey.cli import init as init_command
from callback_survey.cli import manifest as manifest_command
from callback_survey.cli import notice as notice_command
from callback_survey.cli import plan as plan_command
from callback_survey.cli import register as register_command
from callback_survey.cli import verify as verify_command
from callback_survey.cli.options import add_exports, add_home, add_without_manifest
from callback_survey.errors import GateFailed, SurveyError, UsageError
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope
from callback_survey.storage import modes

if TYPE_CHECKING:
    from rich.console import Console

    from callback_survey.progress import Event
    from callback_survey.settings import Settings

_RUN_EXAMPLES = """examples:
  callback-survey run --quarter 2018Q1                     every region that delivered
  callback-survey run --region 123456 --quarter 2018Q1     one region
  callback-survey run --quarter 2018Q1 --dry-run           show what would be landed and superseded; write nothing
  callback-survey run --quarter 2018Q1..2019Q1             quarter after quarter

exit codes: 0 released or nothing new, 2 usage or configuration, 3 a gate failed, 1 anything else"""
_AIRFLOW_EXAMPLES = """examples:
  callback-survey airflow run --region 123456 --quarter 2018Q1
  callback-survey airflow standalone --port 8080"""


def main(arguments: Sequence[str] | None = None) -> int:
    if arguments is None:  # the command itself, not a caller in another program
        streams.prepare()
        language.called_as(sys.argv[0])
    # the language that is chosen belongs to this command: another one in the same process chooses for itself
    with modes.private():
        return copy_context().run(_main, arguments)


def _main(arguments: Sequence[str] | None) -> int:
    language.choose(language.asked_in(sys.argv[1:] if arguments is None else arguments))
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
        return code
    except SurveyError as error:
        _complain(language.explained(error))
        return error.exit_code
    except OSError as error:
        # a full disk or a folder nobody may write to: the system's words and the place say what to do
        _complain(language.explained(SurveyError(error.strerror or str(error), where=str(error.filename or "unknown"))))
        return 1
    except KeyboardInterrupt:
        _complain(
            language.shown("stopped; run again to continue: completed steps are kept, incomplete files are not used")
        )
        return 130
    finally:
        streams.tell_what_was_lacking()


def _parser() -> argparse.ArgumentParser:
    parser = language.Parser(
        prog="callback-survey",
        description="Turn survey exports into checked, released department rates.",
        epilog="Settings are environment variables; .env.example lists them.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")
    run = commands.add_parser(
        "run",
        help="run a quarter: land, check, build, check, release, serve",
        epilog=_RUN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_quarter_options(run)
    run.add_argument("--dry-run", action="store_true", help="show what would be landed and superseded; write nothing")
    run.set_defaults(command=_run)
    init_command.add_to(commands)
    plan_command.add_to(commands)
    manifest_command.add_to(commands)
    deliveries.add_to(commands)
    register_command.add_to(commands)
    checks_command.add_to(commands)
    releases.add_to(commands)
    notice_command.add_to(commands)
    approval_command.add_to(commands)
    watch.add_to(commands)
    verify_command.add_to(commands)
    dbt_command.add_to(commands)
    airflow = commands.add_parser("airflow", help="run a quarter through Airflow, or start the Airflow server")
    actions = airflow.add_subparsers(required=True, metavar="action")
    through = actions.add_parser(
        "run",
        help="run the DAG callback_quarter once, without a server",
        epilog=_AIRFLOW_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_quarter_options(through)
    through.set_defaults(command=_airflow_run)
    standalone = actions.add_parser(
        "standalone", help="start Airflow on this machine with a ready login; stop it with Ctrl-C"
    )
    standalone.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default 8080)")
    add_home(standalone)
    standalone.set_defaults(command=_airflow_standalone)
    return parser


def _add_quarter_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--quarter", required=True, metavar="2018Q1", help="a quarter, or a range such as 2018Q1..2019Q1"
    )
    parser.add_argument(
        "--region", metavar="123456", help="six-digit division code (default: every region that delivered)"
    )
    add_without_manifest(parser)
    add_exports(parser)
    add_home(parser)


def _asked(options: argparse.Namespace) -> tuple[Settings, list[Quarter], str | None]:
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
    settings, quarters, region = _asked(options)
    if options.dry_run:
        return _dry_run(settings, quarters, region, options.without_manifest)
    from callback_survey import progress
    from callback_survey.cli.display import Display
    from callback_survey.pipeline import local
    from callback_survey.privacy import scrub
    from callback_survey.run import Run

    console = _console()
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
                raise SurveyError(
                    f"{type(error).__name__}: {scrub(str(error).splitlines()[0]) if str(error) else 'no message'}",
                    where=str(log),
                    next_step="this is a fault of the pipeline or the machine; the log has the details",
                ) from error
        _summarise(console, settings, quarter, run.run_id, progress.read(run.progress.log))
        if failure is not None:
            raise failure
    return 0


def _dry_run(settings: Settings, quarters: Sequence[Quarter], region: str | None, is_manifest_optional: bool) -> int:
    from callback_survey.cli.terminal import say
    from callback_survey.pipeline import local
    from callback_survey.run import Run

    console = _console()
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


def _airflow_run(options: argparse.Namespace) -> int:
    settings, quarters, region = _asked(options)
    from callback_survey.airflow import run as airflow_run
    from callback_survey.cli.display import Display
    from callback_survey.pipeline import local
    from callback_survey.run import Run

    console = _console()
    for quarter in quarters:
        # what fails within the run its tasks tell
        with Display(console) as display, local.beginning(Run(settings, local.new_run_id()), quarter, region):
            settings.read_privacy_key()
            outcome = airflow_run.run_quarter(
                settings, quarter, region, display, is_manifest_optional=options.without_manifest
            )
        if outcome.events:
            _summarise(console, settings, quarter, outcome.events[0].run_id, outcome.events)
        if outcome.error is not None:
            raise outcome.error
    return 0


def _airflow_standalone(options: argparse.Namespace) -> int:
    from callback_survey.airflow import run as airflow_run
    from callback_survey.airflow.standalone import standalone
    from callback_survey.settings import load_settings

    settings = load_settings(home=options.home)
    settings.read_privacy_key()
    standalone(
        settings.home,
        airflow_run.dags_folder(),
        port=options.port,
        variables=airflow_run.task_environment(settings),
        say=language.show,
    )
    return 0


def _summarise(console: Console, settings: Settings, quarter: Quarter, run_id: str, events: Sequence[Event]) -> None:
    """The regions that passed, whatever became of the others, and what took the time."""
    from callback_survey.cli import summary
    from callback_survey.pipeline import steps

    for region in steps.passed_regions(run_id, settings, quarter):
        summary.show_quarter(console, settings, Scope(region, str(quarter)))
    summary.show_times(console, events)


def _console() -> Console:
    from callback_survey.cli.terminal import open_console

    return open_console()


def _complain(text: str) -> None:
    """To standard error; the part of it that draws lines is loaded only for a person who looks at a terminal."""
    if not sys.stderr.isatty():
        print(text, file=sys.stderr)
        return
    from callback_survey.cli.terminal import open_console, say

    say(open_console(sys.stderr), text)


if __name__ == "__main__":
    sys.exit(main())
