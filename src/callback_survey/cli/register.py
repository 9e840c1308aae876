"""`callback-survey register`: whether the registers can be used, and a draft of one for a region that has none."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from callback_survey.cli.language import show, shown
from callback_survey.cli.options import add_exports, add_json, add_without_manifest, print_json
from callback_survey.errors import NothingDelivered, RegisterError, UsageError
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope

_CHECK_DESCRIPTION = """Checks the registers, those shipped and those in CALLBACK_SURVEY_REGISTERS, for faults: a name that means two
departments in one quarter, a code with two names at the same time, successions and definitions that do not fit together,
an own row that overrides nothing. Says which own row holds in place of a shipped one. Every run does this before it lands
anything."""
_PROPOSE_DESCRIPTION = """Drafts the register of a region, or what its register lacks, from the department names in the frame of a delivery,
or in the annexes of a notice where only these were sent: a code for each name, its number of rows, and names that resemble
each other. Prints the draft, or writes it to a new file, for a person to review. Nothing is registered or merged."""
_PROPOSE_EXAMPLES = """examples:
  callback-survey register propose --region 123456 --quarter 2018Q1
  callback-survey register propose --region 123456 --quarter 2018Q1 --exports /data/exports --output draft-123456.txt"""


def add_to(commands: Any) -> None:
    """The command with its actions, in the parser of the command line."""
    register = commands.add_parser("register", help="check the registers of departments and measures, or draft one")
    actions = register.add_subparsers(required=True, metavar="action")
    check = actions.add_parser(
        "check",
        help="check the registers for faults",
        description=_CHECK_DESCRIPTION,
        epilog="example:\n  callback-survey register check",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_json(check)
    check.set_defaults(command=_check)
    propose = actions.add_parser(
        "propose",
        help="draft the register of a region from the frame of a delivery",
        description=_PROPOSE_DESCRIPTION,
        epilog=_PROPOSE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    propose.add_argument("--region", metavar="123456", required=True, help="six-digit division code")
    propose.add_argument("--quarter", metavar="2018Q1", required=True, help="the quarter of the delivery")
    add_exports(propose)
    propose.add_argument("--output", type=Path, metavar="FILE", help="a new file for the draft (default: print it)")
    propose.add_argument("--home", type=Path, help="folder for temporary files (default var/)")
    add_without_manifest(propose)
    propose.set_defaults(command=_propose)


def _check(options: argparse.Namespace) -> int:
    if options.json:
        return _check_as_values()
    from callback_survey import register_layers
    from callback_survey.documents.notice import own_texts
    from callback_survey.registers import rows, validate
    from callback_survey.settings import load_settings

    settings = load_settings()
    seeds = settings.seeds
    validate(seeds)
    own_texts.read(settings.notices)
    departments = rows.read(seeds, "departments")
    codes = {row["department_code"] for row in departments}
    regions = {row["region_code"] for row in departments}
    aliases, successions, measures = (
        len(rows.read(seeds, name)) for name in ("department_aliases", "department_successions", "measures")
    )
    found = register_layers.origins(seeds)
    for won in found.overrides if found else ():
        show(f"{won.name}.csv: line {won.own_line} holds in place of line {won.shipped_line} of the shipped register")
    show(
        f"{settings.written_registers}: no fault in {len(codes)} departments of {len(regions)} regions, {aliases} aliases, "
        f"{successions} successions and {measures} measures"
    )
    return 0


def _check_as_values() -> int:
    """The same for a program: every fault, none where the registers can be used. The exit code is that of the words."""
    from callback_survey.documents.notice import own_texts
    from callback_survey.registers.check import faults_of
    from callback_survey.settings import load_settings

    settings = load_settings()
    found: list[dict[str, Any]] = [asdict(fault) for fault in faults_of(settings.seeds)]
    try:
        own_texts.read(settings.notices)
    except RegisterError as error:
        told = {"what": error.what, "next_step": error.next_step, "where": error.where, "lines": error.alert_lines}
        found.append(told)
    print_json({"registers": settings.written_registers, "faults": found})
    return RegisterError.exit_code if found else 0


def _propose(options: argparse.Namespace) -> int:
    from callback_survey.deliveries import folders
    from callback_survey.landing.workbench import workbench
    from callback_survey.registers import draft, draft_text
    from callback_survey.settings import load_settings

    quarter = Quarter.parse(options.quarter)
    if not re.fullmatch("[0-9]{6}", options.region):
        raise UsageError(
            f"not a region code: {options.region!r}",
            expected="six digits, such as 123456",
            next_step="callback-survey register propose --region 123456 --quarter 2018Q1",
        )
    settings = load_settings(home=options.home, exports=options.exports)
    _verify_new(options.output)
    delivered = folders.discover(settings.exports, quarter, options.region)
    if not delivered:
        raise NothingDelivered(
            f"no delivery for {quarter} of region {options.region}",
            where=str(settings.exports / options.region / str(quarter)),
            expected="a folder with a frame and manifest.json",
            next_step="check the region code, the quarter and --exports",
        )
    folders.verify_name(delivered[0])
    # a folder of landing's own: one that a killed process leaves behind, with phone numbers in it, is swept by the next
    with workbench(settings.lake, f"register-{options.region}", settings.memory_limit) as (_, folder):
        names = draft.read_names(delivered[0], folder, settings.seeds, is_manifest_optional=options.without_manifest)
    text = draft_text.as_text(
        draft.propose(names, settings.seeds, Scope(options.region, str(quarter))), settings.written_registers
    )
    if options.output is None:
        print(shown(text), end="")
        return 0
    with options.output.open("x", encoding="utf-8") as file:
        file.write(text)
    show(f"{options.output}: draft written for review; nothing was registered")
    return 0


def _verify_new(output: Path | None) -> None:
    if output is not None and output.exists():
        raise UsageError(
            f"{output} already exists and may contain somebody's work",
            expected="the name of a new file",
            next_step="choose another --output, or move the file away",
        )
