"""`callback-survey retention`: what the time of has passed, and removing it."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from callback_survey.cli.language import show, shown
from callback_survey.cli.options import add_exports, add_home, add_json, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callback_survey.retention.due import Due
    from callback_survey.settings import Settings

_DESCRIPTION = """Shows what is older than CALLBACK_SURVEY_RETENTION says, and what of it is kept all the same. Removes it only with
--remove. Releases, issued notices, decisions and accepted failures are never removed; nor are the rows of a quarter whose
notice is not issued, or that is being corrected. A quarter whose rows are gone stays as it was released."""
_EXAMPLES = """examples:
  CALLBACK_SURVEY_RETENTION="cases=24 logs=12" callback-survey retention
  callback-survey retention --remove
  callback-survey retention --remove --delivered-folders   also the survey company's folders that were landed

exit codes: 0 shown or removed, 2 the setting is not valid, 1 something could not be removed"""


def add_to(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    parser = commands.add_parser(
        "retention",
        help="show what is older than it may be, or remove it; releases stay",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--remove", action="store_true", help="remove what is shown as due")
    parser.add_argument(
        "--delivered-folders",
        action="store_true",
        help="also the folders of the exports, where the setting has months for them",
    )
    add_json(parser)
    add_exports(parser)
    add_home(parser)
    parser.set_defaults(command=_retention)


def _retention(options: argparse.Namespace) -> int:
    from callback_survey.local_time import local_date
    from callback_survey.retention.due import look
    from callback_survey.settings import load_settings

    settings = load_settings(home=options.home, exports=options.exports)
    today = local_date(datetime.now(UTC))
    if options.remove:
        return _remove(options, settings)
    due = look(settings, today, with_exports=options.delivered_folders)
    if options.json:
        print_json({"months": settings.retention, "due": [asdict(one) for one in due]})
        return 0
    _show_months(settings)
    if settings.retention:
        _show_due(due)
        show("nothing was removed: callback-survey retention --remove removes what has no reason to stay")
    return 0


def _remove(options: argparse.Namespace, settings: Settings) -> int:
    from callback_survey.airflow import database
    from callback_survey.cli.display import Display
    from callback_survey.cli.terminal import open_console
    from callback_survey.local_time import local_date, months_in_words
    from callback_survey.pipeline import local
    from callback_survey.retention.remove import remove
    from callback_survey.run import Run

    today = local_date(datetime.now(UTC))
    with Display(open_console()) as display:
        run = Run(settings, local.new_run_id().replace("cli-", "retention-", 1), display)
        done = remove(run, today, with_exports=options.delivered_folders)
    months = settings.retention.get("airflow")
    is_airflow_clean = months is not None and database.clean(settings, months)
    if options.json:
        print_json({**asdict(done), "is_airflow_clean": is_airflow_clean})
        return 0
    _show_months(settings)
    _show_due([*done.done, *done.held])
    if is_airflow_clean and months is not None:
        show(f"Airflow's database holds no run older than {months_in_words(months)}")
    if done.record is None:
        show("there was nothing to remove")
    else:
        size_number = f"{done.byte_count / 1e6:,.2f}"
        show(f"{len(done.done)} of these were removed, {size_number} MB; written down in {done.record}")
    return 0


def _show_months(settings: Settings) -> None:
    from callback_survey.local_time import months_in_words
    from callback_survey.setting_values import PREFIX, RETENTION_KINDS

    if not settings.retention:
        show(f"nothing is ever removed: {PREFIX}RETENTION is not set")
        return
    for kind, months in settings.retention.items():
        show(f"{kind}: removed after {months_in_words(months)}")
    if kept := [kind for kind in RETENTION_KINDS if kind not in settings.retention]:
        show(f"never removed, as the setting does not name them: {', '.join(kept)}")


def _show_due(due: Sequence[Due]) -> None:
    from callback_survey.cli.terminal import Column, open_console, show_table

    if not due:
        show("nothing is older")
        return
    columns = [Column("kind"), Column("what"), Column("counts from"), Column("MB", "right")]
    columns.append(Column("stays, because", is_free=True))
    rows = [
        [one.kind, one.name, one.ended_on.isoformat(), f"{one.byte_count / 1e6:,.2f}", shown(one.held)] for one in due
    ]
    show_table(open_console(), columns, rows)
