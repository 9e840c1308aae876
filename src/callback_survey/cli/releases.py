"""`callback-survey releases`: what was released, what of it is served, whether it is whole, and serving an earlier revision."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from callback_survey.cli.language import show
from callback_survey.cli.options import add_by, add_home, add_json, add_reason, add_scope, print_json
from callback_survey.errors import DamagedFile, UsageError
from callback_survey.quarter import Quarter
from callback_survey.scope import Scope

if TYPE_CHECKING:
    from callback_survey.settings import Settings

_LIST_EXAMPLES = """examples:
  callback-survey releases list
  callback-survey releases list --region 123456 --quarter 2018Q1"""
_SHOW_EXAMPLES = """examples:
  callback-survey releases show --region 123456 --quarter 2018Q1        the served revision
  callback-survey releases show --region 123456 --quarter 2018Q1 r1"""
_DIFF_EXAMPLES = """examples:
  callback-survey releases diff --region 123456 --quarter 2018Q1 r1 r2"""
_VERIFY_EXAMPLES = """examples:
  callback-survey releases verify
  callback-survey releases verify --region 123456 --quarter 2018Q1
  callback-survey releases verify --since 2020Q1

exit codes: 0 all files match, 1 a file does not
Without this package: cd releases/123456/2018Q1/r1 && sha256sum -c SHA256SUMS"""
_ROLLBACK_EXAMPLES = """examples:
  callback-survey releases rollback --region 123456 --quarter 2018Q1 r1 --by 值班长 \\
      --reason "r2 所用的数据已由办公室撤回"

Revisions are never changed. The decision is recorded and holds until a newer revision is released. The same command
serves a later revision again."""

_SERVE_EXAMPLES = """examples:
  callback-survey releases serve

Serves of each region and quarter the revision that is to be served, in the files and, where it is set, in PostgreSQL. Every
run does so at its end: this is for a home that was restored, or whose served files were lost."""


def add_to(commands: Any) -> None:
    """Add the group to the parser's sub-commands."""
    group = commands.add_parser("releases", help="list, show, compare, verify, roll back and serve releases")
    actions = group.add_subparsers(required=True, metavar="action")
    listed = _action(
        actions, "list", "list all revisions with their state and the decisions about them", _LIST_EXAMPLES, _list
    )
    shown = _action(actions, "show", "show all details of one revision", _SHOW_EXAMPLES, _show)
    compared = _action(actions, "diff", "list the departments whose rate, rank or flag changed", _DIFF_EXAMPLES, _diff)
    verified = _action(actions, "verify", "recompute the hash of every file", _VERIFY_EXAMPLES, _verify)
    rolled = _action(actions, "rollback", "serve an earlier revision", _ROLLBACK_EXAMPLES, _rollback)
    add_home(_action(actions, "serve", "assemble what readers see from the releases", _SERVE_EXAMPLES, _serve))
    for parser, is_required in ((listed, False), (shown, True), (compared, True), (verified, False), (rolled, True)):
        add_scope(parser, is_required=is_required)
        add_home(parser)
    for parser in (listed, shown, compared, verified):
        add_json(parser)
    verified.add_argument("--since", metavar="2018Q1", help="only this quarter and those after it")
    shown.add_argument("revision", nargs="?", metavar="r1", help="default: the served revision")
    compared.add_argument("before", metavar="r1")
    compared.add_argument("after", metavar="r2")
    rolled.add_argument("revision", metavar="r1", help="revision to serve")
    add_reason(rolled, "recorded in the table `releases`")
    add_by(rolled, is_required=True)


def _action(actions: Any, name: str, text: str, examples: str, command: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=text, description=text, epilog=examples, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(command=command)
    return parser


def _list(options: argparse.Namespace) -> int:
    from callback_survey import releases
    from callback_survey.cli import releases_shown
    from callback_survey.cli.display import open_console

    settings, region, quarter = _asked(options)
    found = releases.take(settings.releases, region, quarter)
    if options.json:
        print_json(releases_shown.as_values(found.every, found.served, found.standings))
    elif not (found.every or found.damaged):
        asked = " ".join(part for part in (region, quarter) if part)
        show(f"no releases{f' of {asked}' if asked else ''} under {settings.releases}")
    else:
        releases_shown.show_list(open_console(), found.every, found.served, found.standings)
    if found.damaged:
        first, *others = found.damaged.values()
        more = [line for damage in others for line in (damage.what, *damage.told)]
        raise DamagedFile(
            first.what, where=first.where, expected=first.expected, next_step=first.next_step, alert_lines=more
        )
    return 0


def _show(options: argparse.Namespace) -> int:
    from callback_survey import releases
    from callback_survey.cli import releases_shown
    from callback_survey.cli.display import open_console
    from callback_survey.releases import journal

    settings, region, quarter = _scope(options)
    found = releases.served(settings.releases, region, quarter)
    if options.revision is not None:
        release = releases.find(settings.releases, Scope(region, quarter), _revision(options.revision))
    elif found:
        release = found[0]
    else:
        raise UsageError(
            f"{region} {quarter} was not released yet",
            where=str(settings.releases),
            next_step="callback-survey releases list",
        )
    entries = journal.entries(settings.releases, region, quarter)
    standing = releases.standing(entries, release)
    if options.json:
        print_json(releases_shown.release_as_values(release, found[0] if found else None, standing, entries))
        return 0
    releases_shown.show_release(open_console(), release, found[0] if found else None, standing, entries)
    return 0


def _diff(options: argparse.Namespace) -> int:
    from callback_survey import releases
    from callback_survey.cli import releases_shown
    from callback_survey.cli.display import open_console

    settings, region, quarter = _scope(options)
    before, after = (
        releases.find(settings.releases, Scope(region, quarter), _revision(name))
        for name in (options.before, options.after)
    )
    for release in (before, after):
        release.verify_marts()
    difference = releases.between(before, after)
    if options.json:
        print_json(releases_shown.difference_as_values(difference))
    else:
        releases_shown.show_difference(open_console(), difference)
    return 0


def _verify(options: argparse.Namespace) -> int:
    from callback_survey import releases

    settings, region, quarter = _asked(options)
    since = str(Quarter.parse(options.since)) if options.since else None
    every, damaged = [], []
    for found in releases.verify_all(settings.releases, region, quarter, since=since):
        every.append(found)
        if not found.is_whole and not found.is_set_aside:
            damaged.append(found)
        if options.json:
            continue
        if found.is_set_aside:
            show(f"{found.name}: set aside by hand, its number is not used again")
            continue
        told = f"{found.file_count} files"
        if found.unhashed_count:
            told += f", of which {found.unhashed_count} are older than the list of hashes and cannot be checked"
        show(f"{found.name}: {'whole' if found.is_whole else 'DAMAGED'}, {told}")
        for damage in found.damage:
            show(f"  {damage}")
    if options.json:
        print_json([{**asdict(found), "is_whole": found.is_whole} for found in every])
    elif not every:
        show(f"no releases to verify under {settings.releases}")
    if damaged:
        raise DamagedFile(
            f"{len(damaged)} of {len(every)} revisions do not match what was frozen",
            where=", ".join(str(found.folder) for found in damaged),
            expected="the files that release.json lists, unchanged",
            next_step="restore them from a backup. Without one, rename the folder of a damaged latest revision, such as r2 to "
            "r2.damaged, and run its quarter again: the same delivery and rules give the same content_hash under a new number",
        )
    return 0


def _rollback(options: argparse.Namespace) -> int:
    from callback_survey.cli.display import Display, open_console
    from callback_survey.pipeline import local
    from callback_survey.pipeline.rollback import roll_back
    from callback_survey.run import Run

    settings, region, quarter = _scope(options)
    revision = _revision(options.revision)
    with Display(open_console()) as display:
        run = Run(settings, local.new_run_id().replace("cli-", "rollback-", 1), display)
        done = roll_back(run, Scope(region, quarter), revision, by=options.by, reason=options.reason)
    if done.is_healed:
        show(f"{done.served.name} is now served: an interrupted rollback was completed")
    else:
        show(f"{done.served.name} is now served instead of r{done.before}")
    show("  This holds until a newer revision is released. A run without a new release does not change it.")
    for outdated in done.outdated:
        show(
            f"  The changes in {outdated.name} were computed from figures that are no longer served. To compute them again:\n"
            f"    callback-survey run --region {region} --quarter {outdated.quarter}"
        )
    for number in done.issued:
        if number != revision:
            show(f"  The issued notice of r{number} remains in {settings.public} and shows other figures.")
    return 0


def _serve(options: argparse.Namespace) -> int:
    from callback_survey import releases
    from callback_survey.cli.display import Display, open_console
    from callback_survey.pipeline import local, steps
    from callback_survey.run import Run
    from callback_survey.settings import load_settings

    settings = load_settings(home=options.home)
    found = releases.take(settings.releases)
    if not (found.served or found.damaged):
        show(f"no releases to serve under {settings.releases}")
        return 0
    with Display(open_console()) as display:
        run = Run(settings, local.new_run_id().replace("cli-", "serve-", 1), display)
        report = steps.serve(run)
        steps.mirror(run)
    steps.require_served(report, list(report.held))
    show(f"{len(found.served)} releases are served in {report.marts}")
    return 0


def _asked(options: argparse.Namespace) -> tuple[Settings, str | None, str | None]:
    from callback_survey.settings import load_settings

    quarter = str(Quarter.parse(options.quarter)) if options.quarter else None
    if options.region is not None and not re.fullmatch("[0-9]{6}", options.region):
        raise UsageError(f"not a region code: {options.region!r}", expected="six digits, such as 123456")
    return load_settings(home=options.home), options.region, quarter


def _scope(options: argparse.Namespace) -> tuple[Settings, str, str]:
    settings, region, quarter = _asked(options)
    return settings, str(region), str(quarter)


def _revision(name: str) -> int:
    if not re.fullmatch("r?[1-9][0-9]*", name):
        raise UsageError(f"not a revision: {name!r}", expected="such as r1", next_step="callback-survey releases list")
    return int(name.removeprefix("r"))
