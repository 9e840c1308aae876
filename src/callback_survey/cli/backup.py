"""The commands `backup` and `restore`: one archive of a home, and a home made of it."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from callback_survey.cli.language import show
from callback_survey.cli.options import add_home

_BACKUP_EXAMPLES = """examples:
  callback-survey backup --output /backup/survey-2019-05-02.tar

The archive holds lake, releases, issued notices, accepted failures, check results, alerts, the watch's memory and the
tables of single cases, each file with its hash. Runs, landings, rollbacks and approvals wait until it is written. It holds
neither what can be made again (warehouse, served files, logs), nor the privacy key, registers, settings and Airflow's
database: keep these apart. Protect it as you protect the lake.

exit codes: 0 written, 2 nothing to back up or a name that is taken, 1 anything else"""
_RESTORE_EXAMPLES = """examples:
  callback-survey restore /backup/survey-2019-05-02.tar --home /srv/restored

Every file is compared with the hashes in the archive before any of them gets its place. The home must be empty, and may have
another path than before. Nothing is served until `callback-survey releases serve`.

exit codes: 0 restored, 2 the home is not empty, 1 the archive is damaged, or anything else"""


def add_to(commands: Any) -> None:
    """Add both commands to the parser's sub-commands."""
    backup = commands.add_parser(
        "backup",
        help="write one archive of everything in a home that cannot be made again",
        epilog=_BACKUP_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    backup.add_argument("--output", metavar="FILE", type=Path, required=True, help="archive to write; it must be new")
    add_home(backup)
    backup.set_defaults(command=_backup)
    restore = commands.add_parser(
        "restore",
        help="make a home of an archive that `backup` wrote",
        epilog=_RESTORE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    restore.add_argument("archive", metavar="FILE", type=Path, help="archive that `backup` wrote")
    add_home(restore)
    restore.set_defaults(command=_restore)


def _backup(options: argparse.Namespace) -> int:
    from callback_survey.cli.display import Display, open_console
    from callback_survey.pipeline import local
    from callback_survey.pipeline.backup import back_up
    from callback_survey.run import Run
    from callback_survey.settings import load_settings

    settings = load_settings(home=options.home)
    with Display(open_console()) as display:
        run = Run(settings, local.new_run_id().replace("cli-", "backup-", 1), display)
        done = back_up(run, options.output.absolute())
    file_count, size_number = f"{len(done.manifest.files):,}", f"{done.byte_count / 1e6:,.1f}"
    show(f"{file_count} files with {size_number} MB are in {done.archive}")
    if done.removed_count:
        show(
            f"the rows of {done.removed_count} deliveries were removed as their time had passed, and are not in it; "
            "an earlier archive may still hold them"
        )
    show("Not in it, to be kept apart from it: the privacy key, registers, settings, and Airflow's database.")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from callback_survey.local_time import to_the_minute
    from callback_survey.pipeline.restore import restore
    from callback_survey.settings import load_settings
    from callback_survey.storage import modes
    from callback_survey.storage.lakes import as_stored

    settings = load_settings(home=options.home)
    manifest = restore(options.archive, settings.home, as_stored(settings.lake))
    # issued notices are in the home itself now, wherever they are looked for otherwise
    modes.prepare(replace(settings, public_folder=None))
    file_count, made_at = f"{len(manifest.files):,}", to_the_minute(manifest.made_at)
    show(f"{file_count} files are in {settings.home}, each as it was at {made_at}")
    show("What to do next:")
    show("  1. put registers and settings back, and the privacy key")
    if manifest.key_id is not None:
        show(f"     the lake was made with the key of id {manifest.key_id}")
    if settings.public_folder is not None:
        show(
            f"     CALLBACK_SURVEY_PUBLIC leads to {settings.public_folder}: the issued notices are in {settings.home}/public"
        )
    show(f"  2. callback-survey releases serve --home {shlex.quote(str(settings.home))}")
    show(f"  3. callback-survey verify --home {shlex.quote(str(settings.home))}")
    if settings.retention:
        show(
            f"  4. callback-survey retention --home {shlex.quote(str(settings.home))}: "
            "the archive may hold what was removed since"
        )
    return 0
