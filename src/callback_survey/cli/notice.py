"""The command `notice`: a draft of a released quarter's notice, with the heading filled in as far as it is known."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callback_survey.cli.language import show
from callback_survey.cli.options import add_home, add_imprint, add_scope, date_of
from callback_survey.errors import UsageError
from callback_survey.given_text import HEADING_CHARACTERS, given_text
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope
from callback_survey.setting_values import Format
from callback_survey.settings import Settings, load_settings

if TYPE_CHECKING:
    from callback_survey.releases import Release

_FORMATS: tuple[Format, ...] = ("html", "pdf", "docx")
_EXAMPLES = """examples:
  callback-survey notice --region 123456 --quarter 2018Q1 --output drafts
  callback-survey notice --region 123456 --quarter 2018Q1 --revision r1 --format docx --output drafts \\
      --issuer "区跑改办" --number "某跑改办〔2018〕5号" --date 2018-06-07

It writes a draft and issues nothing; `callback-survey approve` issues a notice. docs/notice.zh-CN.md explains the notice."""


def add_to(commands: Any) -> None:
    """Add the command to the parser's sub-commands."""
    notice = commands.add_parser(
        "notice",
        help="write a draft of the notice of a released quarter",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_scope(notice)
    notice.add_argument("--revision", metavar="r1", help="one revision (default: the served one)")
    add_imprint(notice, date_help="date of the notice (成文日期)")
    notice.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="output folder")
    notice.add_argument(
        "--format",
        action="append",
        choices=_FORMATS,
        help="file format; may be repeated (default: those of CALLBACK_SURVEY_DOCUMENTS)",
    )
    add_home(notice)
    notice.set_defaults(command=_notice)


def _notice(options: argparse.Namespace) -> int:
    from callback_survey.documents.marts import open_frozen
    from callback_survey.documents.notice import write
    from callback_survey.documents.notice.own_texts import own_texts
    from callback_survey.releases import has_documents

    settings = load_settings(home=options.home)
    issuer, number, signatory = (
        given_text(f"--{name}", getattr(options, name), most=HEADING_CHARACTERS, is_required=False, is_line=True)
        for name in ("issuer", "number", "signatory")
    )
    folder = _folder(settings, options.output)
    release = _release(settings, Scope(options.region, str(Quarter.parse(options.quarter))), options.revision)
    release.verify_marts()
    given = own_texts(settings.notices, release.scope)
    heading = replace(
        given.heading,
        issuer=issuer or given.issuer,
        number=number,
        dated_on=date_of("--date", options.date),
        signatory=signatory,
    )
    connection = open_frozen(release)
    try:
        formats = tuple(dict.fromkeys(options.format or settings.documents))
        written = write.write(connection, release, folder, schema="main", formats=formats, heading=heading)
    finally:
        connection.close()
    show(f"draft of {release.name}, not issued")
    for path in written:
        show(f"  {path}")
    if not has_documents(release):
        show("  The release has no documents of its own yet, and cannot be approved: run the quarter again.")
    return 0


def _folder(settings: Settings, output: Path) -> Path:
    """Where to write. Releases are frozen, and the public folder holds what was approved: neither takes a draft."""
    folder = output.resolve()
    for kept, what in ((settings.releases, "frozen releases"), (settings.public, "issued notices")):
        if folder.is_relative_to(kept):
            raise UsageError(
                f"a draft cannot be written to the folder of {what}",
                where=str(folder),
                next_step="choose another folder, such as --output drafts",
            )
    return folder


def _release(settings: Settings, scope: Scope, wanted: str | None) -> Release:
    from callback_survey import releases

    if wanted is not None and re.fullmatch("r[1-9][0-9]*", wanted) is None:
        raise UsageError(
            f"--revision is not valid: {wanted!r}", expected="a revision such as r1", next_step="correct the argument"
        )
    found = releases.revisions(settings.releases, scope)
    served = releases.served_of(found, settings.releases) if wanted is None else None
    chosen = served or next((release for release in found if f"r{release.revision}" == wanted), None)
    if chosen is None:
        known = "、".join(f"r{release.revision}" for release in found)
        raise UsageError(
            f"{scope.name} has no revision {wanted}" if found else f"{scope.name} is not released",
            where=str(scope.folder(settings.releases)),
            expected=f"one of {known}" if found else "a released quarter",
            next_step="choose one of these"
            if found
            else f"callback-survey run --region {scope.region_code} --quarter {scope.quarter}",
        )
    return chosen
