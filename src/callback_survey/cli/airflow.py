"""`callback-survey airflow`: a quarter through Airflow, and Airflow on this machine."""

from __future__ import annotations

import argparse
from typing import Any

from callback_survey.cli import language
from callback_survey.cli.options import add_home
from callback_survey.cli.run import add_quarter_options, asked, summarise

_EXAMPLES = """examples:
  callback-survey airflow run --region 123456 --quarter 2018Q1
  callback-survey airflow standalone --port 8080"""


def add_to(commands: Any) -> None:
    airflow = commands.add_parser("airflow", help="run a quarter through Airflow, or start the Airflow server")
    actions = airflow.add_subparsers(required=True, metavar="action")
    through = actions.add_parser(
        "run",
        help="run the DAG callback_quarter once, without a server",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_quarter_options(through)
    through.set_defaults(command=_run)
    standalone = actions.add_parser(
        "standalone", help="start Airflow on this machine with a ready login; stop it with Ctrl-C"
    )
    standalone.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default 8080)")
    add_home(standalone)
    standalone.set_defaults(command=_standalone)


def _run(options: argparse.Namespace) -> int:
    settings, quarters, region = asked(options)
    from callback_survey.airflow import run as airflow_run
    from callback_survey.cli.display import Display
    from callback_survey.cli.terminal import open_console
    from callback_survey.pipeline import local
    from callback_survey.run import Run

    console = open_console()
    for quarter in quarters:
        # what fails within the run its tasks tell
        with Display(console) as display, local.beginning(Run(settings, local.new_run_id()), quarter, region):
            settings.read_privacy_key()
            outcome = airflow_run.run_quarter(
                settings, quarter, region, display, is_manifest_optional=options.without_manifest
            )
        if outcome.events:
            summarise(console, settings, quarter, outcome.events[0].run_id, outcome.events)
        if outcome.error is not None:
            raise outcome.error
    return 0


def _standalone(options: argparse.Namespace) -> int:
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
