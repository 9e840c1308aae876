"""The landing ledger: what was landed, from which bytes, with what result, and which delivery is current.

One JSON file per delivery and one pointer per region and quarter, all inside the lake, so that the lake explains itself
and the warehouse can be rebuilt from it. Mapped landings of different regions never touch the same file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from callback_survey.deliveries.delivery import Delivery, folder_digest, told
from callback_survey.errors import DamagedFile, DeliveryRefused, UsageError
from callback_survey.scope import Scope
from callback_survey.storage import files, locks

_Found = TypeVar("_Found")
State = Literal["current", "superseded", "gate failed", "landed", "refused", "removed"]
_VERDICT = ".gate.json"
_CHECKED = ".checked.json"
REMOVED = ".removed.json"
_KEY = "ledger/key.json"
_KEY_LOCK = "landing.lock"
_REPORT = re.compile(r"[0-9a-f]{16}\.json")


@dataclass(frozen=True)
class FileRecord:
    """One table of a delivered file (`book.xlsx#sheet`): read = accepted + rejected, always.

    `columns` are the canonical ones found, `unknown_columns` the headers nobody knows, `footer_lines` what stands below
    the table, `swapped` the columns whose content belongs under another header, `notes` the rules by which it was read
    beyond the plain ones, `phones` what a frame's phones are, `separator` what stood between the cells of a text,
    `in_bulk_count` how many of the records were clean lines of one, read at once.
    """

    name: str
    dataset: str
    sha256: str
    encoding: str
    header_line: int
    read_count: int
    accepted_count: int
    rejected_count: int
    columns: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    footer_lines: tuple[int, ...] = ()
    swapped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    phones: PhoneColumn | None = None
    separator: str = ""
    in_bulk_count: int = 0


@dataclass(frozen=True)
class PhoneColumn:
    """The phones of a frame: cells that are filled, those of them that hold no phone, and those with a second number after the
    one that counts. `examples` of what is no phone show its form: all digits but the first three are hidden."""

    filled_count: int
    invalid_count: int
    several_count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class LandingReport:
    """What landing made of a delivery. `lake_files` are relative to the lake, by dataset (and `rejects`).

    `data_note` is what the sender's manifest says of the data as a whole, such as that they are a reconstruction; it
    stays with them up to the notice. `remarks` are on what was not read, such as a hidden sheet, `passed_over` the files that
    programs leave beside others. `content_digest` is what
    the manifest said of the content: by it the watch knows that a folder in the exports has been landed. `is_mended`: it
    was landed again because a file of it in the lake was damaged.
    """

    region_code: str
    quarter: str
    delivery_id: str
    source_folder: str
    landed_at: str
    run_id: str
    key_id: str
    files: tuple[FileRecord, ...]
    lake_files: dict[str, str]
    data_note: str | None = None
    remarks: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    has_manifest: bool = True
    content_digest: str | None = None
    is_new: bool = True
    is_mended: bool = False

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)

    @property
    def name(self) -> str:
        return f"{self.region_code} {self.quarter}"

    def count(self, kind: str) -> int:
        """Sum of `read_count`, `accepted_count` or `rejected_count` over the files."""
        return sum(getattr(file, kind) for file in self.files)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> LandingReport:
        records = tuple(
            FileRecord(
                **{name: _frozen(item) for name, item in record.items() if name != "phones"}, phones=_phones(record)
            )
            for record in value["files"]
        )
        return cls(
            **{
                **value,
                "files": records,
                "remarks": tuple(value.get("remarks", ())),
                "passed_over": tuple(value.get("passed_over", ())),
            }
        )


@dataclass(frozen=True)
class Refusal:
    """A delivery that could not be landed. `faults` hold no cell of it; `folder_digest` is the folder as it was then."""

    region_code: str
    quarter: str
    refusal_id: str
    source_folder: str
    refused_at: str
    run_id: str
    files: tuple[str, ...]
    what: str
    faults: tuple[str, ...]
    folder_digest: str | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the ledger: a landed delivery with its report, or a refused one."""

    at: str
    state: State
    report: LandingReport | None
    refusal: Refusal | None

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)

    @property
    def region_code(self) -> str:
        return (self.report or self._refused).region_code

    @property
    def quarter(self) -> str:
        return (self.report or self._refused).quarter

    @property
    def name(self) -> str:
        """The identity of the delivery or of the refusal."""
        return self.report.delivery_id if self.report is not None else self._refused.refusal_id

    @property
    def _refused(self) -> Refusal:
        assert self.refusal is not None
        return self.refusal


def _frozen(item: Any) -> Any:
    return tuple(item) if isinstance(item, list) else item


def _phones(record: dict[str, Any]) -> PhoneColumn | None:
    found = record.get("phones")
    return None if found is None else PhoneColumn(**{name: _frozen(item) for name, item in found.items()})


def folder(lake: Path, scope: Scope) -> Path:
    return lake / "ledger" / f"region={scope.region_code}" / f"quarter={scope.quarter}"


def find(lake: Path, scope: Scope, delivery_id: str) -> LandingReport | None:
    """The report of a delivery landed before, if all its lake files are still there, and are to be."""
    path = folder(lake, scope) / f"{delivery_id}.json"
    if not path.is_file() or removed_path(lake, scope, delivery_id).is_file():
        return None
    report = replace(read(path, LandingReport.from_json), is_new=False, is_mended=False)
    return report if all((lake / name).is_file() for name in report.lake_files.values()) else None


def removed_path(lake: Path, scope: Scope, delivery_id: str) -> Path:
    """What is there once the rows of a delivery were removed, as their time had passed (`landing.removed`)."""
    return folder(lake, scope) / f"{delivery_id}{REMOVED}"


def damaged_files(lake: Path, report: LandingReport) -> list[str]:
    """The files of a landed delivery that no longer hold what was written: each is named by the hash of its bytes."""
    return [name for name in report.lake_files.values() if files.sha256_of(lake / name) != Path(name).stem]


def record(lake: Path, report: LandingReport) -> None:
    files.write_json(folder(lake, report.scope) / f"{report.delivery_id}.json", report.as_json())


def current(lake: Path, scope: Scope) -> LandingReport | None:
    """The delivery that models read, or None where none has passed gate 1."""
    pointed = current_id(lake, scope)
    return find(lake, scope, pointed) if pointed is not None else None


def current_id(lake: Path, scope: Scope) -> str | None:
    """The identity of that delivery, whether or not its rows are still there."""
    pointer = folder(lake, scope) / "current.json"
    return read(pointer, _current_id) if pointer.is_file() else None


def refuse(lake: Path, delivery: Delivery, error: DeliveryRefused, *, run_id: str) -> None:
    """Remember a delivery that could not be landed: nothing of it is in the lake, but that it came, and why it was refused."""
    listed = sorted(told(path.name) for path in delivery.folder.iterdir()) if delivery.folder.is_dir() else []
    known = json.dumps([delivery.region_code, delivery.quarter, listed, error.what, error.alert_lines])
    refusal = Refusal(
        region_code=delivery.region_code,
        quarter=delivery.quarter,
        refusal_id=hashlib.sha256(known.encode()).hexdigest()[:16],
        source_folder=str(delivery.folder),
        refused_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run_id=run_id,
        files=tuple(listed),
        what=error.what,
        faults=tuple(error.alert_lines),
        folder_digest=folder_digest(delivery.folder),
    )
    path = folder(lake, delivery.scope) / f"refused-{refusal.refusal_id}.json"
    files.write_json(path, asdict(refusal))


def record_verdict(lake: Path, report: LandingReport, *, failed_checks: Sequence[str], run_id: str) -> None:
    """What gate 1 said of a landed delivery. The same verdict again changes nothing in the lake."""
    path = folder(lake, report.scope) / f"{report.delivery_id}{_VERDICT}"
    if path.is_file() and read(path, lambda value: value["failed_checks"]) == list(failed_checks):
        return
    files.write_json(path, {"failed_checks": list(failed_checks), "run_id": run_id})


def checked_path(lake: Path, report: LandingReport) -> Path:
    """Where what gate 1 answered about a landed delivery is kept (`checks.kept`)."""
    return folder(lake, report.scope) / f"{report.delivery_id}{_CHECKED}"


def landed_elsewhere(lake: Path, report: LandingReport) -> list[tuple[str, str]]:
    """Each file of the delivery whose bytes were landed for another region or quarter, with what that was."""
    own = {file.sha256: file.name for file in report.files if file.read_count}
    found = {
        (own[file.sha256], other.name)
        for entry in entries(lake)
        if (other := entry.report) is not None and other.scope != report.scope
        for file in other.files
        if file.sha256 in own
    }
    return sorted(found)


def entries(lake: Path, region_code: str | None = None, quarter: str | None = None) -> list[Entry]:
    """Everything that was ever landed or refused, by region, quarter and time. What else lies in the ledger is no entry.

    Raises DamagedFile, which names the region and quarter, where an entry cannot be read.
    """
    found: list[Entry] = []
    for parent in sorted((lake / "ledger").glob(f"region={region_code or '*'}/quarter={quarter or '*'}")):
        pointer = parent / "current.json"
        pointed = read(pointer, _current_id) if pointer.is_file() else None
        for path in parent.glob("*.json"):
            if path.name.startswith("refused-"):
                refusal = read(path, _refusal)
                found.append(Entry(refusal.refused_at, "refused", None, refusal))
            elif _REPORT.fullmatch(path.name):
                report = read(path, LandingReport.from_json)
                found.append(Entry(report.landed_at, _state(path, report, pointed), report, None))
    return sorted(found, key=lambda entry: (entry.region_code, entry.quarter, entry.at, entry.name))


def scopes(lake: Path) -> list[Scope]:
    """The regions and quarters that the ledger knows of."""
    found = sorted((lake / "ledger").glob("region=*/quarter=*"))
    return [Scope(path.parent.name.partition("=")[2], path.name.partition("=")[2]) for path in found]


def read(path: Path, make: Callable[[Any], _Found]) -> _Found:
    """A file of the ledger. Raises DamagedFile, which names the region and quarter, where it cannot be read."""
    region_code, quarter = (part.partition("=")[2] for part in path.parts[-3:-1])
    try:
        return make(files.read_json(path))
    except (DamagedFile, KeyError, TypeError, AttributeError) as error:
        raise DamagedFile(
            f"an entry of the ledger of {region_code} {quarter} cannot be read",
            where=str(path),
            expected="a landed or refused delivery, as it was written",
            next_step="restore it from a backup; without one move the file away and run the quarter: its delivery is landed again",
            region_code=region_code,
            quarter=quarter,
        ) from error


def _current_id(value: Any) -> str:
    return str(value["delivery_id"])


def _refusal(value: Any) -> Refusal:
    return Refusal(**{name: _frozen(item) for name, item in value.items()})


def _state(path: Path, report: LandingReport, pointed: str | None) -> State:
    if path.with_name(f"{report.delivery_id}{REMOVED}").is_file():
        return "removed"
    if report.delivery_id == pointed:
        return "current"
    verdict = path.with_name(f"{report.delivery_id}{_VERDICT}")
    if not verdict.is_file():
        return "landed"
    return "gate failed" if read(verdict, lambda value: value["failed_checks"]) else "superseded"


@contextmanager
def landing(lake: Path) -> Iterator[None]:
    """While a delivery lands, also beside others, the key of the lake stays what it is."""
    with locks.held(lake / _KEY_LOCK, is_shared=True):
        yield


@contextmanager
def rotating(lake: Path) -> Iterator[None]:
    """Alone with the lake: no delivery lands while its key is replaced, under which half of it would be of the earlier one."""
    with locks.held(lake / _KEY_LOCK):
        yield


def require_key(lake: Path, key_id: str) -> None:
    """The lake holds tokens of one key. The first landing says of which; another key is refused, never mixed in silently."""
    verify_key(lake, key_id)
    if not (lake / _KEY).is_file():
        change_key(lake, key_id)


def key_id_of(lake: Path) -> str | None:
    """The name of the key that the lake was made with; None before the first landing."""
    path = lake / _KEY
    return str(files.read_json(path)["key_id"]) if path.is_file() else None


def verify_key(lake: Path, key_id: str) -> None:
    """Raises UsageError where the lake was made with another key. Writes nothing."""
    if (known := key_id_of(lake)) not in (None, key_id):
        raise UsageError(
            f"the privacy key is not the one the lake was created with (key id {key_id}, the lake's is {known})",
            where=str(lake),
            expected="the same key, or an intended replacement",
            next_step="set the earlier key, or replace it: callback-survey rotate-key --help",
        )


def change_key(lake: Path, key_id: str) -> None:
    files.write_json(lake / _KEY, {"key_id": key_id})


def make_current(lake: Path, report: LandingReport, *, run_id: str) -> None:
    """From now on models read this delivery of its region and quarter. Called once gate 1 has passed."""
    if current_id(lake, report.scope) == report.delivery_id:
        return
    pointer = folder(lake, report.scope) / "current.json"
    files.write_json(pointer, {"delivery_id": report.delivery_id, "run_id": run_id})
