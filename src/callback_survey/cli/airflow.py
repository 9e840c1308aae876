"""`callback-survey airflow`: a quarter through Airflow, and Airflow on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from callback_survey.cli import language
from callback_survey.cli.options import add_exports, add_home, add_json
from callback_survey.cli.run import add_quarter_options, asked, summarise

_EXAMPLES = """examples:
  callback-survey airflow run --region 123456 --quarter 2018Q1
  callback-survey airflow standalone --port 8080"""
_DAGS_DESCRIPTION = """Writes the DAG files of this version into the DAGs folder of an Airflow that is there already, and says what else
that Airflow needs. The files say what runs and when; the work is in this package, which must be installed beside Airflow."""
_DAGS_EXAMPLES = """examples:
  callback-survey airflow dags --output /opt/airflow/dags"""
_INIT_DESCRIPTION = """Looks whether the Airflow that the environment names has what the DAGs need, and makes their pool. Run it where tasks
run, as the user they run as: it also looks at the home, its locks, fonts, the key, PostgreSQL and the channels."""
_INIT_EXAMPLES = """examples:
  callback-survey airflow init

exit codes: 0 nothing is missing, 4 something is, each with its next step. docs/deploy.md goes through it."""
_NEXT = (
    "What this Airflow needs besides, on every machine that parses or runs them:",
    "  Airflow 3.3 or newer, and this package with requirements.lock as constraints",
    "  one disk for CALLBACK_SURVEY_HOME, shared by the workers that build and serve",
    "  the settings as variables of the environment; the key also as an Airflow variable, PostgreSQL as a connection",
    "  then, where tasks run: callback-survey airflow init, which makes the pool and looks for the rest",
)


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
    dags = actions.add_parser(
        "dags",
        help="write the DAG files for an Airflow that is there already",
        description=_DAGS_DESCRIPTION,
        epilog=_DAGS_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    dags.add_argument("--output", type=Path, metavar="FOLDER", required=True, help="folder of Airflow's DAGs")
    dags.add_argument("--replace", action="store_true", help="also replace DAG files that differ from this version's")
    dags.set_defaults(command=_dags)
    init = actions.add_parser(
        "init",
        help="look for what the DAGs need of an Airflow, and make their pool",
        description=_INIT_DESCRIPTION,
        epilog=_INIT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_json(init)
    add_exports(init)
    add_home(init)
    init.set_defaults(command=_init)
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


def _dags(options: argparse.Namespace) -> int:
    from callback_survey.airflow import deployment

    folder = options.output.resolve()
    written = deployment.write_dags(folder, replaces=options.replace)
    for path in written:
        language.show(f"written: {path}")
    if not written:
        language.show(f"the DAG files of this version are there already: {folder}")
    for line in _NEXT:
        language.show(line)
    return 0


def _init(options: argparse.Namespace) -> int:
    from callback_survey.airflow import deployment
    from callback_survey.cli.doctor import show
    from callback_survey.settings import load_settings

    settings = load_settings(home=options.home, exports=options.exports)
    settings.home.mkdir(parents=True, exist_ok=True)
    answer = deployment.ask(settings, makes_pool=True)
    return show(
        load_settings(home=options.home, exports=options.exports, secret=answer.secrets.get),
        answer.findings,
        is_json=options.json,
    )


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
        users=settings.airflow_users,
        variables=airflow_run.task_environment(settings),
        say=language.show,
    )
    return 0
