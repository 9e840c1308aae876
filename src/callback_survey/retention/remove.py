"""Removing what is due, so that a removal that is killed is finished by the next one, and what was there can be shown afterwards.

Proofs: the mark beside a delivery's ledger entry (`landing.removed`), and one record a run in `<home>/retention/`, which is written
before anything goes and says at the end that it is done.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from callback_survey import progress
from callback_survey.errors import SurveyError
from callback_survey.landing import ledger, removed
from callback_survey.local_time import months_before
from callback_survey.object_storage import Place
from callback_survey.retention.due import Due, look
from callback_survey.run import Run
from callback_survey.serving import mirror
from callback_survey.settings import Settings
from callback_survey.storage import files, lakes, modes

# a delivered folder gets such a name before it is emptied, so that nobody takes half of it for a delivery
_ASIDE = ".{name}-removed"


@dataclass(frozen=True)
class Removed:
    """What a run of retention removed, what it held, and where that is written down; None where nothing went."""

    done: tuple[Due, ...]
    held: tuple[Due, ...]
    byte_count: int
    record: Path | None


def remove(run: Run, today: date, *, with_exports: bool = False) -> Removed:
    """Remove everything that is due. No run and no landing changes the home meanwhile: they wait, or are waited for.

    Raises SurveyError, after everything else is done, where something could not be removed.
    """
    settings = run.settings
    lakes.verify(settings.lake)
    with run.warehouse.lock(), ledger.rotating(settings.lake), modes.private():
        _sweep_exports(settings)
        due = look(settings, today, with_exports=with_exports)
        going, held = [one for one in due if not one.held], [one for one in due if one.held]
        unfinished = [path for path in records(settings) if files.read_json(path)["finished_at"] is None]
        if not going:
            if failed := _prune_mirror(settings, today):
                raise _failed(settings, failed)
            _finish(unfinished, run.run_id)
            return Removed((), tuple(held), 0, None)
        byte_count = sum(one.byte_count for one in going)
        record = _new_record(settings, run.run_id)
        told: dict[str, Any] = {"run_id": run.run_id, "months": dict(settings.retention), "began_at": _now()}
        told |= {"removed": [_told(settings, one) for one in going], "finished_at": None}
        files.write_json(record, told)
        if any(one.kind == "cases" for one in going):
            run.warehouse.discard()
        failed = [f"{path}: {reason}" for one in going for path, reason in _removed(run, one)]
        lakes.sweep(settings.lake)
        failed += _prune_mirror(settings, today)
        files.write_json(record, {**told, "finished_at": _now(), "failed": failed})
        _finish([path for path in unfinished if path != record], run.run_id)
    if failed:
        raise _failed(settings, failed)
    return Removed(tuple(going), tuple(held), byte_count, record)


def _new_record(settings: Settings, run_id: str) -> Path:
    """A task that is tried again is of the same run, and what its first try removed is proven by the first record."""
    name = progress.file_name(run_id)
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(path for path in (settings.removals / f"{one}.json" for one in names) if not path.exists())


def _failed(settings: Settings, failed: list[str]) -> SurveyError:
    return SurveyError(
        f"{len(failed)} things could not be removed; the others are gone",
        where=str(settings.home),
        next_step="mend the permissions, then run it again: it goes on where it was",
        alert_lines=failed,
    )


def _prune_mirror(settings: Settings, today: date) -> list[str]:
    """Remove old versions in object storage, too. Returns why that could not be done."""
    months = settings.retention.get("old-versions")
    if settings.mirror is None or months is None:
        return []
    try:
        mirror.prune(settings.serving, settings.mirror, months_before(today, months))
    except SurveyError as error:
        return [f"{error.where}: {error.what}"]
    return []


def records(settings: Settings) -> list[Path]:
    """What runs of retention wrote down, the earliest first."""
    return sorted(settings.removals.glob("*.json"))


def _finish(unfinished: Sequence[Path], run_id: str) -> None:
    """What a killed run had written down is gone now too."""
    for path in unfinished:
        files.write_json(path, {**files.read_json(path), "finished_at": _now(), "finished_by": run_id})


def _removed(run: Run, due: Due) -> Iterator[tuple[Path, str]]:
    """Remove one thing; gives what could not be removed, and why."""
    try:
        if due.kind == "cases":
            _remove_cases(run, due)
        elif due.kind == "exports":
            _remove_exports(_local(due))
        else:
            yield from _remove_paths(_local(due), run.settings.home)
    except OSError as error:
        yield Path(error.filename or due.name), error.strerror or str(error)


def _local(due: Due) -> tuple[Path, ...]:
    """Only rows of the lake may lie elsewhere."""
    return tuple(path for path in due.paths if isinstance(path, Path))


def _remove_cases(run: Run, due: Due) -> None:
    assert due.scope is not None
    lake = run.settings.lake
    for entry in ledger.entries(lake, due.scope.region_code, due.scope.quarter):
        if entry.report is not None and entry.state != "removed" and "frame" in entry.report.lake_files:
            removed.remove(lake, entry.report, months=run.settings.retention["cases"], run_id=run.run_id)
    for removal in removed.all_removed(lake, due.scope):
        removed.finish(lake, removal)
    # kept answers of both gates may give case numbers as examples
    for entry in ledger.entries(lake, due.scope.region_code, due.scope.quarter):
        if entry.report is not None and entry.state == "removed":
            ledger.checked_path(lake, entry.report).unlink(missing_ok=True)
    run.warehouse.checked_path(due.scope).unlink(missing_ok=True)


def _remove_exports(folders: Sequence[Path]) -> None:
    for folder in folders:
        aside = folder.with_name(_ASIDE.format(name=folder.name))
        os.rename(folder, aside)
        files.sync(folder.parent)
        _remove_tree(aside)


def _sweep_exports(settings: Settings) -> None:
    """What a killed removal left half of."""
    for folder in settings.exports.glob(f"*/{_ASIDE.format(name='????Q?')}/"):
        _remove_tree(folder)


def _remove_paths(paths: Sequence[Path], home: Path) -> Iterator[tuple[Path, str]]:
    for path in paths:
        try:
            _remove_tree(path) if path.is_dir() else path.unlink(missing_ok=True)
        except OSError as error:
            yield Path(error.filename or path), error.strerror or str(error)
        else:
            if path.parent.parent == home:
                continue  # what may be mounted somewhere
            with suppress(OSError):  # a folder above with others in it stays
                path.parent.rmdir()


def _remove_tree(folder: Path) -> None:
    """The folder and all in it; unlike `files.remove_tree` it says where it could not."""
    for parent, folders, names in os.walk(folder, topdown=False):
        for name in names:
            Path(parent, name).unlink(missing_ok=True)
        for name in folders:
            inside = Path(parent, name)
            inside.unlink() if inside.is_symlink() else inside.rmdir()
    folder.rmdir()


def _told(settings: Settings, due: Due) -> dict[str, Any]:
    """What is written down of it. Single cases with the hash of each file; of logs and the like the names are enough."""
    told: dict[str, Any] = {"kind": due.kind, "name": due.name, "ended_on": due.ended_on.isoformat()}
    told |= {"byte_count": due.byte_count}
    if due.kind in ("cases", "restricted", "exports"):
        told["files"] = {_name(settings, path): lakes.sha256_of(path) for path in _files(due.paths)}
    return told


def _files(paths: Sequence[Place]) -> Iterator[Place]:
    for path in paths:
        if isinstance(path, Path) and path.is_dir():
            yield from (one for one in sorted(path.rglob("*")) if one.is_file())
        else:
            yield path


def _name(settings: Settings, path: Place) -> str:
    if isinstance(path, Path) and path.is_relative_to(settings.home):
        return path.relative_to(settings.home).as_posix()
    return str(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
