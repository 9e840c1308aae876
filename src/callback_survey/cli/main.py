"""The command line. Exit codes: 0 released or nothing new, 2 usage or configuration, 3 a gate failed, 1 anything else."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextvars import copy_context

from callback_survey import __version__
from callback_survey.cli import airflow as airflow_command
from callback_survey.cli import alerts as alerts_command
from callback_survey.cli import approval as approval_command
from callback_survey.cli import backup as backup_command
from callback_survey.cli import checks as checks_command
from callback_survey.cli import dbt as dbt_command
from callback_survey.cli import deliveries, doctor, language, releases, status, streams, watch
from callback_survey.cli import init as init_command
from callback_survey.cli import manifest as manifest_command
from callback_survey.cli import notice as notice_command
from callback_survey.cli import plan as plan_command
from callback_survey.cli import register as register_command
from callback_survey.cli import retention as retention_command
from callback_survey.cli import run as run_command
from callback_survey.cli import verify as verify_command
from callback_survey.errors import SurveyError, is_stopped
from callback_survey.storage import modes

_COMPLETES = "_ARGCOMPLETE"


def main(arguments: Sequence[str] | None = None) -> int:
    if arguments is None:  # the command itself, not a caller in another program
        streams.prepare()
        language.called_as(sys.argv[0])
    # the language that is chosen belongs to this command: another one in the same process chooses for itself
    with modes.private():
        return copy_context().run(_main, arguments)


def _main(arguments: Sequence[str] | None) -> int:
    language.choose(language.asked_in(sys.argv[1:] if arguments is None else arguments))
    parser = _parser()
    if _COMPLETES in os.environ:
        # the shell asks what could follow, and this call answers and ends
        import argcomplete

        argcomplete.autocomplete(parser)
    options = parser.parse_args(arguments)
    try:
        code: int = options.command(options)
        sys.stdout.flush()
        return code
    except SurveyError as error:
        _complain(language.explained(error))
        return error.exit_code
    except OSError as error:
        if isinstance(error, BrokenPipeError) and not streams.is_read():
            # whoever read what is printed has seen enough, as `| head` has: that is no fault, and nobody is left to tell
            streams.drop(sys.stdout)
            return 1
        # a full disk or a folder nobody may write to: the system's words and the place say what to do
        _complain(language.explained(SurveyError(error.strerror or str(error), where=str(error.filename or "unknown"))))
        return 1
    except (KeyboardInterrupt, RuntimeError) as error:
        if not is_stopped(error):
            raise
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
    run_command.add_to(commands)
    init_command.add_to(commands)
    plan_command.add_to(commands)
    manifest_command.add_to(commands)
    deliveries.add_to(commands)
    register_command.add_to(commands)
    checks_command.add_to(commands)
    releases.add_to(commands)
    notice_command.add_to(commands)
    approval_command.add_to(commands)
    status.add_to(commands)
    watch.add_to(commands)
    alerts_command.add_to(commands)
    doctor.add_to(commands)
    verify_command.add_to(commands)
    backup_command.add_to(commands)
    retention_command.add_to(commands)
    dbt_command.add_to(commands)
    airflow_command.add_to(commands)
    return parser


def _complain(text: str) -> None:
    """To standard error; the part of it that draws lines is loaded only for a person who looks at a terminal."""
    if not sys.stderr.isatty():
        print(text, file=sys.stderr)
        return
    from callback_survey.cli.terminal import open_console, say

    say(open_console(sys.stderr), text)


if __name__ == "__main__":
    sys.exit(main())
