"""`callback-survey init`: the folder of a new instance."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from callback_survey.errors import UsageError

_DESCRIPTION = """Writes the folder of a new instance: registers/ with the columns and the rows of the region, exports/, settings.env
with the places of both, notices.toml, a new privacy key, and a README in Chinese and English. Writes nothing over what is there."""
_EXAMPLES = """examples:
  callback-survey init survey --region 123456
  callback-survey init survey --region 123456 --name 某省/某市/某区"""


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "init",
        help="write the folder of a new instance: registers, settings, exports",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder")
    parser.add_argument("--region", metavar="123456", help="six-digit division code of the region that is surveyed")
    parser.add_argument(
        "--name", metavar="NAMES", default="", help="names of the divisions from the top down, with / between"
    )
    parser.set_defaults(command=_init)


def _init(options: argparse.Namespace) -> int:
    from callback_survey.cli.language import show
    from callback_survey.registers import instance
    from callback_survey.settings import load_settings

    if options.region is not None and not re.fullmatch("[0-9]{6}", options.region):
        raise UsageError(
            f"not a region code: {options.region!r}",
            expected="six digits, such as 123456",
            next_step="callback-survey init FOLDER --region 123456",
        )
    folder = options.folder.resolve()
    # a home there must be one that the programs below can work in
    shipped = load_settings(home=folder / "home").shipped_registers
    names = [name.strip() for name in options.name.split("/") if name.strip()]
    instance.create(folder, shipped, options.region, names)
    show(f"written: {folder}")
    show("Next, with the files of a quarter in its folder:")
    for step in instance.steps(folder, options.region):
        show(f"  {step}")
    return 0
