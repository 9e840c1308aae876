"""`callback-survey manifest`: writes the manifest of a folder, for who sends it or for who was sent files without one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_DESCRIPTION = """Reads every file in the folder of a delivery and writes manifest.json beside them: each file with its number of records
and its SHA-256. Names every file that cannot be read as a table, and then writes nothing. Whether all questions, and frame
and calls, are there is judged when the delivery is landed. Nothing leaves the folder, and no setting is needed: a survey
company runs it before it sends."""
_EXAMPLES = """examples:
  callback-survey manifest exports/123456/2018Q1
  callback-survey manifest exports/123456/2018Q1 --note "样例数据，不是真实个案\""""


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "manifest",
        help="write the manifest.json of a folder of files",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the files of one region's quarter")
    parser.add_argument("--note", metavar="TEXT", default="", help="what readers must know of the data as a whole")
    parser.set_defaults(command=_manifest)


def _manifest(options: argparse.Namespace) -> int:
    from callback_survey.cli.terminal import open_console, say
    from callback_survey.deliveries.delivery import MANIFEST_NAME
    from callback_survey.deliveries.draft import draft
    from callback_survey.given_text import given_text
    from callback_survey.registers import datasets_of_any_region
    from callback_survey.settings import load_settings
    from callback_survey.storage import files
    from callback_survey.storage.scratch import temporary_folder

    console = open_console()
    note = given_text("--note", options.note, is_required=False)
    known = datasets_of_any_region(load_settings().seeds)
    with temporary_folder() as work:
        manifest = draft(options.folder, work, known=known, note=note, say=lambda line: say(console, line))
    files.write_json(options.folder / MANIFEST_NAME, manifest)
    say(console, f"written: {options.folder / MANIFEST_NAME}")
    return 0
