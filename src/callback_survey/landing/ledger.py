"""The landing ledger: what was landed, from which bytes, with what result, and which delivery is current.

One JSON file per delivery and one pointer per region and quarter, all inside the lake, so that the lake explains itself
and the warehouse can be rebuilt from it. Mapped landings of different regions never touch the same file.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from callback_survey.deliveries.delivery import Delivery, folder_digest, told
from callback_survey.errors import DamagedFile, DeliveryRefused, UsageError
from callback_survey.object_storage import Place
from callback_survey.scope import Scope
from callback_survey.storage import lakes, locks

logger = logging.getLogger(__name__)

_Found = TypeVar("_Found")
State = Literal["current", "superseded", "gate failed", "landed", "refused", "removed"]
_VERDICT = ".gate.json"
_CHECKED = ".checked.json"
REMOVED = ".removed.json"
_KEY = "ledger/key.json"
# What a caller passes who looked at nothing before: the identity of no delivery
_AS_IT_IS = ""
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


def folder(lake: Place, scope: Scope) -> Place:
    return lake / "ledger" / f"region={scope.region_code}" / f"quarter={scope.quarter}"


def find(lake: Place, scope: Scope, delivery_id: str) -> LandingReport | None:
    """The report of a delivery landed before, if all its lake files are still there, and are to be."""
    if removed_path(lake, scope, delivery_id).is_file():
        return None
    known = _read_if_there(folder(lake, scope) / f"{delivery_id}.json", LandingReport.from_json)
    if known is None:
        return None
    report = replace(known, is_new=False, is_mended=False)
    return report if all(lakes.are_there(lake / name for name in report.lake_files.values())) else None


def removed_path(lake: Place, scope: Scope, delivery_id: str) -> Place:
    """What is there once the rows of a delivery were removed, as their time had passed (`landing.removed`)."""
    return folder(lake, scope) / f"{delivery_id}{REMOVED}"


def damaged_files(lake: Place, report: LandingReport) -> list[str]:
    """The files of a landed delivery that no longer hold what was written: each is named by the hash of its bytes."""
    return [name for name in report.lake_files.values() if not lakes.is_whole(lake / name)]


def record(lake: Place, report: LandingReport) -> None:
    """Another landing of the same delivery may have been first; both say the same of it."""
    path = folder(lake, report.scope) / f"{report.delivery_id}.json"
    lakes.write_json(
        path, report.as_json(), keeps=lambda there: not report.is_mended and there["lake_files"] == report.lake_files
    )


def current(lake: Place, scope: Scope) -> LandingReport | None:
    """The delivery that models read, or None where none has passed gate 1."""
    pointed = current_id(lake, scope)
    return find(lake, scope, pointed) if pointed is not None else None


def current_id(lake: Place, scope: Scope) -> str | None:
    """The identity of that delivery, whether or not its rows are still there."""
    return _read_if_there(folder(lake, scope) / "current.json", _current_id)


def refuse(lake: Place, delivery: Delivery, error: DeliveryRefused, *, run_id: str) -> None:
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
    lakes.write_json(path, asdict(refusal))


def record_verdict(lake: Place, report: LandingReport, *, failed_checks: Sequence[str], run_id: str) -> None:
    """What gate 1 said of a landed delivery. The same verdict again changes nothing in the lake."""
    path = folder(lake, report.scope) / f"{report.delivery_id}{_VERDICT}"
    if _read_if_there(path, lambda value: value["failed_checks"]) == list(failed_checks):
        return
    lakes.write_json(path, {"failed_checks": list(failed_checks), "run_id": run_id})


def checked_path(lake: Place, report: LandingReport) -> Path:
    """Where what gate 1 answered about a landed delivery is kept (`checks.kept`): in the home, as it can be asked again."""
    kept = lakes.home_of(lake) / "ledger" / f"region={report.region_code}" / f"quarter={report.quarter}"
    return kept / f"{report.delivery_id}{_CHECKED}"


def landed_elsewhere(lake: Place, report: LandingReport) -> list[tuple[str, str]]:
    """Each file of the delivery whose bytes were landed for another region or quarter, with what that was.

    Raises DamagedFile where an entry that names one of them cannot be read.
    """
    own = {file.sha256: file.name for file in report.files if file.read_count}
    lake = lakes.as_read(lake)
    found: set[tuple[str, str]] = set()
    for parent in lakes.glob(lake / "ledger", "region=*/quarter=*"):
        for path in parent.glob("*.json"):
            # of years of entries nearly none is made into a report
            if _REPORT.fullmatch(path.name) and _names_any(path.read_bytes(), own):
                other = read(path, LandingReport.from_json)
                if other.scope != report.scope:
                    found |= {(own[file.sha256], other.name) for file in other.files if file.sha256 in own}
    return sorted(found)


def _names_any(entry: bytes, hashes: Iterable[str]) -> bool:
    return any(digest.encode() in entry for digest in hashes)


def entries(lake: Place, region_code: str | None = None, quarter: str | None = None) -> list[Entry]:
    """Everything that was ever landed or refused, by region, quarter and time. What else lies in the ledger is no entry.

    Raises DamagedFile, which names the region and quarter, where an entry cannot be read.
    """
    found: list[Entry] = []
    one_folder = f"ledger/region={region_code}/quarter={quarter}"
    lake = lakes.as_read(lake, one_folder if region_code and quarter else "ledger")
    for parent in lakes.glob(lake / "ledger", f"region={region_code or '*'}/quarter={quarter or '*'}"):
        pointed = _read_if_there(parent / "current.json", _current_id)
        for path in parent.glob("*.json"):
            if path.name.startswith("refused-"):
                refusal = read(path, _refusal)
                found.append(Entry(refusal.refused_at, "refused", None, refusal))
            elif _REPORT.fullmatch(path.name):
                report = read(path, LandingReport.from_json)
                found.append(Entry(report.landed_at, _state(path, report, pointed), report, None))
    return sorted(found, key=lambda entry: (entry.region_code, entry.quarter, entry.at, entry.name))


def scopes(lake: Place) -> list[Scope]:
    """The regions and quarters that the ledger knows of."""
    found = lakes.glob(lake / "ledger", "region=*/quarter=*")
    return [Scope(path.parent.name.partition("=")[2], path.name.partition("=")[2]) for path in found]


def _read_if_there(path: Place, make: Callable[[Any], _Found]) -> _Found | None:
    try:
        return read(path, make)
    except FileNotFoundError:
        return None


def read(path: Place, make: Callable[[Any], _Found]) -> _Found:
    """A file of the ledger. Raises FileNotFoundError, and DamagedFile, which names the region and quarter, where it cannot be read."""
    region_code, quarter = (part.partition("=")[2] for part in path.parts[-3:-1])
    try:
        return make(lakes.read_json(path))
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


def _state(path: Place, report: LandingReport, pointed: str | None) -> State:
    if path.with_name(f"{report.delivery_id}{REMOVED}").is_file():
        return "removed"
    if report.delivery_id == pointed:
        return "current"
    failed = _read_if_there(path.with_name(f"{report.delivery_id}{_VERDICT}"), lambda value: value["failed_checks"])
    return "landed" if failed is None else "gate failed" if failed else "superseded"


@contextmanager
def landing(lake: Place) -> Iterator[None]:
    """While a delivery lands, also beside others, the key of the lake stays what it is."""
    with locks.held(lakes.home_of(lake) / _KEY_LOCK, is_shared=True):
        yield


@contextmanager
def rotating(lake: Place) -> Iterator[None]:
    """Alone with the lake: no delivery lands while its key is replaced, under which half of it would be of the earlier one."""
    with locks.held(lakes.home_of(lake) / _KEY_LOCK):
        yield


def require_key(lake: Place, key_id: str) -> None:
    """The lake holds tokens of one key. The first landing says of which; another key is refused, never mixed in silently.

    Of two first landings in object storage with two keys one is the first. A store in which that could not be is refused.
    """
    verify_key(lake, key_id)
    if not (lake / _KEY).is_file():
        if (stored := lakes.as_stored(lake)) is not None:
            lakes.try_conditions(stored)
            lakes.note(stored)
        lakes.write_json(lake / _KEY, {"key_id": key_id}, keeps=lambda there: "key_id" in there)
        verify_key(lake, key_id)


def key_id_of(lake: Place) -> str | None:
    """The name of the key that the lake was made with; None before the first landing."""
    try:
        return str(lakes.read_json(lake / _KEY)["key_id"])
    except FileNotFoundError:
        return None


def verify_key(lake: Place, key_id: str) -> None:
    """Raises UsageError where the lake was made with another key, or is not the one that this home has. Writes nothing."""
    lakes.verify(lake)
    if (known := key_id_of(lake)) not in (None, key_id):
        raise UsageError(
            f"the privacy key is not the one the lake was created with (key id {key_id}, the lake's is {known})",
            where=str(lake),
            expected="the same key, or an intended replacement",
            next_step="set the earlier key, or replace it: callback-survey rotate-key --help",
        )


def change_key(lake: Place, key_id: str) -> None:
    lakes.write_json(lake / _KEY, {"key_id": key_id})


def make_current(lake: Place, report: LandingReport, *, run_id: str, seen: str | None = _AS_IT_IS) -> None:
    """From now on models read this delivery of its region and quarter. Called once gate 1 has passed.

    `seen` was current when this delivery was landed, which may be long ago; by default what is current now. Where another run has made
    one current since, the delivery that was landed later holds.
    """
    if seen == _AS_IT_IS:
        seen = current_id(lake, report.scope)
    if seen == report.delivery_id:
        return

    def is_later(there: Any) -> bool:
        pointed = _current_id(there)
        other = None if pointed in (seen, report.delivery_id) else find(lake, report.scope, pointed)
        if other is None or other.landed_at <= report.landed_at:
            return pointed == report.delivery_id
        logger.warning(
            "%s: run %s made delivery %s current meanwhile, which was landed after %s: it stays current",
            report.name,
            there.get("run_id"),
            pointed,
            report.delivery_id,
        )
        return True

    pointer = folder(lake, report.scope) / "current.json"
    # in object storage what is there is looked at as it is replaced
    if lakes.as_stored(lake) is None and _read_if_there(pointer, is_later):
        return
    lakes.write_json(pointer, {"delivery_id": report.delivery_id, "run_id": run_id}, keeps=is_later)
