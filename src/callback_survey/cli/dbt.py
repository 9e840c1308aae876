"""`callback-survey dbt`: dbt's own commands over the warehouse of a home."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from callback_survey.cli.options import add_exports, add_home
from callback_survey.quarter import Quarter

_DESCRIPTION = """Runs dbt with the project, the registers and the settings of a run, while no run is at the warehouse. Where
the warehouse holds no build, or not the quarter that is asked for, the current deliveries are landed and built first.
Nothing is checked by a gate, released or served, and the next run builds again what dbt has built here."""
_EXAMPLES = """examples:
  callback-survey dbt -- ls --select marts
  callback-survey dbt -- build --select int_department_tests+
  callback-survey dbt -- test --select department_rates
  callback-survey dbt -- show --inline "select * from {{ ref('region_rates') }}"
  callback-survey dbt --quarter 2018Q1 -- docs generate

exit codes: those of dbt: 0 done, 1 a model or a test failed, 2 usage. docs/dbt.md is the page for dbt users."""


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "dbt",
        help="run dbt by hand over the warehouse; nothing is released",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--region", metavar="123456", help="one region only")
    parser.add_argument(
        "--quarter", metavar="2018Q1", help="have this quarter in the warehouse (default: what it holds, else the last)"
    )
    add_exports(parser)
    add_home(parser)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="what dbt is to do, behind --")
    parser.set_defaults(command=_dbt)


def _dbt(options: argparse.Namespace) -> int:
    from callback_survey.cli.display import Display
    from callback_survey.cli.terminal import open_console
    from callback_survey.pipeline import by_hand, local
    from callback_survey.run import Run
    from callback_survey.settings import load_settings

    arguments = options.arguments[options.arguments[:1] == ["--"] :] or ["--help"]
    quarter = None if options.quarter is None else Quarter.parse(options.quarter)
    settings = load_settings(home=options.home, exports=options.exports)
    display = Display(open_console(sys.stderr))  # standard output is dbt's
    run = Run(settings, local.new_run_id().replace("cli-", "dbt-", 1), display)
    with run.warehouse.lock():
        with display:
            environment = by_hand.prepare(run, arguments, quarter, options.region)
        if not by_hand.is_served(arguments):
            return by_hand.call(arguments, environment, [run.warehouse.lock_descriptor])
    return by_hand.call(arguments, environment)
