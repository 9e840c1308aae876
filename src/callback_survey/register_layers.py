"""The registers of a run: the rows that come with the code and, over them, the rows of an instance's own folder.

Whoever reads a register reads one folder of whole files; this makes it. An own row takes the place of the shipped rows of
its key: of a register with periods in the quarters that it covers, else altogether. `origins.json` beside the merged files
says where each of their rows stands, so that a fault is told by the file that a person can open.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import stat
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from callback_survey.quarter import Quarter

ORIGINS = "origins.json"
_FILES = (".csv", ".yml")
_KEPT_SECONDS = 30 * 24 * 3600
_FIRST, _LAST = "0000Q1", "9999Q4"


@dataclass(frozen=True)
class Kind:
    """What tells the rows of a register apart. Rows of one key stand or fall together; the answers that a definition counts
    are such a set (`is_set`). Where a key is a part of the code, as a check is, an instance changes its row and adds none."""

    key: tuple[str, ...]
    has_periods: bool = False
    is_set: bool = False
    is_extensible: bool = True


KINDS: Mapping[str, Kind] = {
    "annex_figures": Kind(("measure",), is_set=True),
    "annex_headers": Kind(("figure", "header")),
    "annex_order": Kind(("region_code", "quarter", "measure"), is_set=True),
    "answer_spellings": Kind(("scale", "spelling")),
    "answers": Kind(("answer_code",)),
    "assessment_rules": Kind(("rule_code",)),
    "assessment_weights": Kind(("rule_code",), is_set=True),
    "benchmarks": Kind(("region_code", "measure", "benchmark_year")),
    "calendar_days": Kind(("day",)),
    "check_rules": Kind(("check_id",), is_extensible=False),
    "definition_periods": Kind(("region_code", "measure"), has_periods=True),
    "department_aliases": Kind(("region_code", "alias"), has_periods=True),
    "department_successions": Kind(("predecessor_code", "successor_code")),
    "departments": Kind(("department_code",), has_periods=True),
    "disclosure_rules": Kind(("region_code",), has_periods=True),
    "disposition_spellings": Kind(("spelling",)),
    "dispositions": Kind(("disposition_code",)),
    "exclusion_reasons": Kind(("exclusion_reason",), is_extensible=False),
    "finding_codes": Kind(("finding_code",), is_extensible=False),
    "finding_limits": Kind(("finding_code", "limit_name"), is_extensible=False),
    "follow_up_rules": Kind(("answer_code",), has_periods=True),
    "footnotes": Kind(("footnote_code",), is_extensible=False),
    "inference_settings": Kind((), has_periods=True),
    "mark_spellings": Kind(("spelling",)),
    "measure_definitions": Kind(("measure", "measure_definition")),
    "measure_successes": Kind(("measure", "measure_definition"), is_set=True),
    "measures": Kind(("measure",)),
    "nothing_spellings": Kind(("spelling",)),
    "published_notices": Kind(("region_code", "quarter", "notice_number")),
    "question_headers": Kind(("header",)),
    "reason_codes": Kind(("reason_code",)),
    "reason_spellings": Kind(("spelling",)),
    "regions": Kind(("region_code",)),
    "reliability_limits": Kind((), has_periods=True),
    "sample_plan_rules": Kind(("region_code",), has_periods=True, is_set=True),
    "scales": Kind(("scale",)),
    "thresholds": Kind(("measure",), has_periods=True),
}


@dataclass(frozen=True)
class Table:
    """A register as it is written: its header, and each row with the line it ends on."""

    header: list[str]
    rows: list[tuple[int, list[str]]]

    def cells(self) -> Iterator[tuple[int, dict[str, str]]]:
        for line, row in self.rows:
            yield line, dict(zip(self.header, row, strict=False))


@dataclass(frozen=True)
class Override:
    """An own row that won over a shipped one: the register, and both lines."""

    name: str
    own_line: int
    shipped_line: int


@dataclass(frozen=True)
class Origins:
    """Where the rows of merged registers stand: by register, the folder and line of each row, in order."""

    folder: Path
    shipped: Path
    own: Path
    rows: Mapping[str, Sequence[tuple[bool, int]]]
    overrides: Sequence[Override]

    def path_of(self, name: str) -> Path:
        """The file in which a person would look for a register, or correct it."""
        own = self.own / f"{name}.csv"
        return own if own.is_file() else self.shipped / own.name


@dataclass(frozen=True)
class _Placed:
    """A row of the merged table and where it is from."""

    cells: dict[str, str]
    is_own: bool
    line: int


def merged(shipped: Path, own: Path | None) -> Path:
    """The folder of the registers as they are now: `shipped` itself where an instance has none of its own, else one below the
    machine's folder for temporary files, which all processes of a user share. What cannot be read in an own file is left out:
    `register check` and every run say so before anything is landed."""
    if own is None:
        return shipped
    states = _state(shipped), _state(own)
    folder = _merged(shipped, own, *states)
    if not _is_whole(folder, shipped):  # somebody cleared the temporary files, all or the ones that nobody read
        _merged.cache_clear()
        folder = _merged(shipped, own, *states)
    return folder


def origins(seeds: Path) -> Origins | None:
    """Where the rows of a merged folder stand; None of another one, also of a copy: it may have been changed."""
    path = seeds / ORIGINS
    found = _origins(path, path.stat().st_mtime_ns) if path.is_file() else None
    return found if found and found.folder == seeds else None


def path_of(seeds: Path, name: str) -> Path:
    """The file of a register that a person would open."""
    found = origins(seeds)
    return found.path_of(name) if found else seeds / f"{name}.csv"


def read_table(path: Path) -> Table:
    """A register's file, as far as it can be read."""
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    return Table(header, [(reader.line_num, row) for row in reader if row])


@lru_cache(maxsize=4)
def _origins(path: Path, _changed_ns: int) -> Origins:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    overrides = [Override(*override) for override in value["overrides"]]
    rows = {name: [(bool(is_own), line) for is_own, line in found] for name, found in value["rows"].items()}
    return Origins(Path(value["folder"]), Path(value["shipped"]), Path(value["own"]), rows, overrides)


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a register does: names, times and sizes."""
    with os.scandir(folder) as entries:
        files = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(_FILES)]
    return tuple(sorted((name, found.st_mtime_ns, found.st_size) for name, found in files))


@lru_cache(maxsize=4)
def _merged(shipped: Path, own: Path, _shipped_state: object, _own_state: object) -> Path:
    """Named by what it is made of: a process of Airflow's ends without a chance to clear up after itself, and leaves nothing
    that the next would not take."""
    digest = hashlib.sha256()
    for source in (shipped, own):
        digest.update(f"{source}\0".encode())
        for path in sorted(path for path in source.iterdir() if path.name.endswith(_FILES)):
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    parent = _parent()
    folder = parent / digest.hexdigest()[:16]
    if not _is_whole(folder, shipped):
        _make(folder, shipped, own)
        _remove_old(parent, folder)
    return folder


def _is_whole(folder: Path, shipped: Path) -> bool:
    try:
        names = _names(folder)
    except FileNotFoundError:
        return False
    return ORIGINS in names and all(name in names for name in _names(shipped) if name.endswith(_FILES))


def _names(folder: Path) -> set[str]:
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries}


def _parent() -> Path:
    """A folder that is ours alone, as another user of the machine could have made one of its name."""
    # not gettempdir: of a disk that is full it says that there is no folder, and a write into it says what is wrong
    machine = Path(os.environ.get("TMPDIR") or "/tmp")
    parent = machine / f"callback-survey-registers-{os.getuid()}"
    with suppress(FileExistsError):
        parent.mkdir(mode=0o700)
    found = parent.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return parent if is_ours else Path(tempfile.mkdtemp(dir=machine, prefix="callback-survey-registers-"))


def _make(folder: Path, shipped: Path, own: Path) -> None:
    """Aside first: another process may look at any time, or make the same."""
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    rows: dict[str, list[tuple[bool, int]]] = {}
    overrides: list[Override] = []
    for path in sorted(path for path in shipped.iterdir() if path.name.endswith(_FILES)):
        own_table = read_table(own / path.name) if path.suffix == ".csv" and (own / path.name).is_file() else None
        if own_table is None or not own_table.rows or path.stem not in KINDS:
            (aside / path.name).symlink_to(path)
            continue
        shipped_table = read_table(path)
        placed, won = _merge(path.stem, shipped_table, own_table)
        _write(aside / path.name, shipped_table.header, placed)
        rows[path.stem] = [(row.is_own, row.line) for row in placed]
        overrides += won
    told = {
        "folder": str(folder),
        "shipped": str(shipped),
        "own": str(own),
        "rows": rows,
        "overrides": [(won.name, won.own_line, won.shipped_line) for won in overrides],
    }
    (aside / ORIGINS).write_text(json.dumps(told), encoding="utf-8")
    try:
        os.rename(aside, folder)
    except OSError:  # there is one: made meanwhile and the same, or no longer whole
        if _is_whole(folder, shipped):
            shutil.rmtree(aside, ignore_errors=True)
            return
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(aside, folder)


def _remove_old(parent: Path, kept: Path) -> None:
    """Those of registers that changed long ago; whoever should still read one of them makes it again."""
    limit = time.time() - _KEPT_SECONDS
    for folder in parent.iterdir():
        with suppress(OSError):
            if folder != kept and folder.stat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)


def _merge(name: str, shipped: Table, own: Table) -> tuple[list[_Placed], list[Override]]:
    """Own rows stand where the first shipped row of their key stood; those of a new key come last."""
    kind = KINDS[name]
    by_key: defaultdict[tuple[str, ...], list[tuple[int, dict[str, str]]]] = defaultdict(list)
    for line, cells in own.cells():
        by_key[_key(kind, cells)].append((line, cells))
    known: defaultdict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for _, cells in shipped.cells():
        known[_key(kind, cells)].append(cells)
    placed: list[_Placed] = []
    won: list[Override] = []
    written: set[tuple[str, ...]] = set()
    for line, cells in shipped.cells():
        key = _key(kind, cells)
        if key not in by_key:
            placed.append(_Placed(cells, False, line))
            continue
        winners = [(own_line, row) for own_line, row in by_key[key] if not kind.has_periods or _meet(cells, row)]
        won += [Override(name, own_line, line) for own_line, _ in winners]
        left = _left_of(cells, [row for _, row in winners]) if kind.has_periods else []
        placed += [_Placed(row, False, line) for row in left]
        if key not in written:
            written.add(key)
            placed += _own_rows(by_key[key], known[key])
    for key, rows in by_key.items():
        if key not in written:
            placed += _own_rows(rows, [])
    return placed, won


def _own_rows(rows: Sequence[tuple[int, dict[str, str]]], shipped: Sequence[dict[str, str]]) -> Iterator[_Placed]:
    """A column that an own file does not have is as it is shipped, where one row says how; an upgrade may bring columns."""
    inherited = shipped[0] if len(shipped) == 1 else {}
    for line, cells in rows:
        yield _Placed({**inherited, **cells}, True, line)


def _key(kind: Kind, cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(cells.get(column, "") for column in kind.key)


def _period(cells: Mapping[str, str]) -> tuple[str, str]:
    first, last = cells.get("valid_from", ""), cells.get("valid_to", "")
    return first or _FIRST, last or _LAST


def _meet(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    (first, last), (other_first, other_last) = _period(one), _period(other)
    return max(first, other_first) <= min(last, other_last)


def _left_of(cells: dict[str, str], winners: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """A shipped row in the quarters that no own row of its key covers."""
    left = [cells]
    for winner in winners:
        first, last = _period(winner)
        if not all(quarter in (_FIRST, _LAST) or Quarter.is_written(quarter) for quarter in (first, last)):
            continue  # a fault of the file, and told as one
        parts = []
        for row in left:
            row_first, row_last = _period(row)
            if last < row_first or row_last < first:
                parts.append(row)
                continue
            if row_first < first:
                parts.append({**row, "valid_to": str(Quarter.parse(first).previous())})
            if last < row_last:
                parts.append({**row, "valid_from": str(Quarter.parse(last).next())})
        left = parts
    return left


def _write(path: Path, header: Sequence[str], rows: Sequence[_Placed]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([row.cells.get(column, "") for column in header] for row in rows)
