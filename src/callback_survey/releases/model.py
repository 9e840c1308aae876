"""A revision as it lies in its folder, and the revisions there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.checks.model import CheckReport
from callback_survey.errors import DamagedFile, UsageError
from callback_survey.releases import journal
from callback_survey.scope import Scope
from callback_survey.storage import duck
from callback_survey.storage.files import read_json, sha256_of

RATES = "department_rates"
RELEASE_FILE, SUMS_FILE = "release.json", "SHA256SUMS"
DOCUMENTS = "notice"  # the folder of what people read
_REVISION = re.compile(r"r([1-9]\d*)")
_KEPT = re.compile(r"r([1-9]\d*)(\..+)?")
# With these words a sender's note begins where the data are no survey's; the manifest has no other place to say it.
_SYNTHETIC = re.compile(r"(?:虚构|样例|演示|模拟|测试)数据|(?:synthetic|invented|sample|test) data\b", re.IGNORECASE)


@dataclass(frozen=True)
class Release:
    """One revision of a region's quarter, as its release.json says. `tables` maps a name to rows, key and hashes.

    `compared_with` is the quarter and revision that its changes are changes on; None where there is none before it.
    `accepted` are failed checks that a person accepted, each with gate, check_id, observed, by, reason and at.
    `files` maps every file that was frozen with the tables to its sha256, but for release.json and SHA256SUMS themselves;
    releases from before this was kept have none, and no `code_version`. The documents are frozen later: `hashes.listed`.
    """

    region_code: str
    quarter: str
    revision: int
    released_at: str
    run_id: str
    reason: str
    content_hash: str
    delivery_id: str
    input_files: dict[str, str]
    data_note: str | None
    code_fingerprint: str
    tables: dict[str, dict[str, Any]]
    warning_count: int
    folder: Path
    difference: dict[str, Any] | None = None
    compared_with: dict[str, str | int] | None = None
    accepted: tuple[dict[str, str], ...] = ()
    code_version: str | None = None
    files: dict[str, str] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        return Scope(self.region_code, self.quarter)

    @property
    def name(self) -> str:
        return f"{self.scope.name} r{self.revision}"

    @property
    def notice(self) -> Path:
        return self.folder / DOCUMENTS / "notice.html"

    @property
    def key(self) -> str:
        """The partition key of the released asset's events."""
        return self.scope.key

    @property
    def is_synthetic(self) -> bool:
        """Whether the sender's note begins by saying that the data are invented or rebuilt: 虚构数据：…, 样例数据：…"""
        return self.data_note is not None and _SYNTHETIC.match(self.data_note.strip()) is not None

    @property
    def accepted_checks(self) -> str | None:
        """The accepted checks in one line, as the table `releases` shows them."""
        return "；".join("{check_id}（{by}：{reason}）".format(**check) for check in self.accepted) or None

    @classmethod
    def read(cls, folder: Path) -> Release:
        """The revision in a folder. Raises DamagedFile, which names region and quarter, where its release.json is not its own."""
        scope, path = Scope(*folder.parts[-3:-1]), folder / RELEASE_FILE
        try:
            value = read_json(path)
            # what a later version of the package noted besides is no reason not to read it
            known = {name: value[name] for name in _FIELDS if name in value}
            found = cls(**{**known, "accepted": tuple(value.get("accepted", ()))}, folder=folder)
            datetime.fromisoformat(found.released_at)
            is_readable = all(isinstance(table, dict) for table in found.tables.values())
        except (DamagedFile, TypeError, AttributeError, ValueError) as error:
            raise _unreadable(path, scope, f"release.json of {scope.name} {folder.name} cannot be read") from error
        if not is_readable or not isinstance(found.files, dict):
            raise _unreadable(path, scope, f"release.json of {scope.name} {folder.name} cannot be read")
        if found.scope != scope or _name(found.revision) != folder.name:
            raise _unreadable(path, scope, f"release.json of {scope.name} {folder.name} belongs to {found.name}")
        _share(found.tables)
        return found

    def verify_marts(self) -> None:
        """Raises DamagedFile where a mart is not what was frozen: a bit that fell over would be served as a figure."""
        for name, table in self.tables.items():
            path = self.folder / "marts" / f"{name}.parquet"
            if not path.is_file() or sha256_of(path) != table["parquet_sha256"]:
                raise DamagedFile(
                    f"a file of release {self.name} is damaged or lost; what is served was not changed",
                    where=str(path),
                    expected=f"the bytes that release.json lists, sha256 {table['parquet_sha256'][:16]}…",
                    next_step=f"restore it from a backup. Without one, rename the folder to {self.folder.name}.damaged and run the "
                    f"quarter again: the same delivery and rules give content_hash {self.content_hash[:16]}… under a new number",
                    region_code=self.region_code,
                    quarter=self.quarter,
                )

    def check_reports(self) -> list[CheckReport]:
        return [CheckReport.read(path) for path in sorted((self.folder / "checks").glob("*.json"))]


# What a table means and how it is ordered: four fifths of a release.json, and the same in nearly all of them
_DESCRIBED = ("description", "column_descriptions", "column_labels_zh", "column_types", "key", "order_by")
_last_described: dict[tuple[str, str], Any] = {}


def _share(tables: Mapping[str, dict[str, Any]]) -> None:
    """Let what this release and the one read before it say alike be one object, or a history of releases would fill the memory."""
    for name, table in tables.items():
        for part in _DESCRIBED:
            if part in table:
                before = _last_described.get((name, part))
                if before == table[part]:
                    table[part] = before
                else:
                    _last_described[name, part] = table[part]


def _name(revision: int) -> str:
    return f"r{revision}"


def _unreadable(path: Path, scope: Scope, what: str) -> DamagedFile:
    return DamagedFile(
        what,
        where=str(path),
        expected="what was frozen of this revision",
        next_step=f"restore the folder of the revision from a backup. Without one, rename it to {path.parent.name}.damaged and "
        "run the quarter again: its figures get a new number",
        region_code=scope.region_code,
        quarter=scope.quarter,
    )


_FIELDS = {field.name for field in fields(Release)} - {"folder"}


def folders(releases: Path, scope: Scope) -> list[Path]:
    """The folders of a region's quarter that are named as revisions, oldest first."""
    found = [path for path in (scope.folder(releases)).glob("r*") if _REVISION.fullmatch(path.name) and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name[1:]))


def numbers(root: Path, scope: Scope) -> set[int]:
    """The numbers that a folder of releases or issued notices has used, also of revisions set aside as r2.damaged."""
    found = (_KEPT.fullmatch(path.name) for path in scope.folder(root).glob("r*"))
    return {int(match[1]) for match in found if match is not None}


def scopes(releases: Path) -> list[Scope]:
    """The regions and quarters that have a folder, in order. A copy that somebody keeps among them is none."""
    found = (Scope.of_folder(path) for path in sorted(releases.glob("*/*")))
    return [scope for scope in found if scope is not None]


def revisions(releases: Path, scope: Scope) -> list[Release]:
    """The revisions of a region's quarter, oldest first."""
    found = folders(releases, scope)
    return [Release.read(path) for path in found if (path / RELEASE_FILE).is_file()]


def find(releases: Path, scope: Scope, revision: int) -> Release:
    """One revision. Raises UsageError, naming those there are, where it is not there."""
    found = {release.revision: release for release in revisions(releases, scope)}
    if revision not in found:
        raise UsageError(
            f"no revision r{revision} of {scope.name}",
            where=str(scope.folder(releases)),
            expected=f"one of {', '.join(f'r{number}' for number in found)}" if found else "a released quarter",
            next_step="callback-survey releases list",
        )
    return found[revision]


def served(releases: Path, region_code: str | None = None, quarter: str | None = None) -> list[Release]:
    """What readers are given of every region and quarter, in order: the latest revision, or the one that a person had
    served again instead of it. A revision newer than that decision ends it."""
    wanted = [
        scope
        for scope in scopes(releases)
        if region_code in (None, scope.region_code) and quarter in (None, scope.quarter)
    ]
    found = [served_of(revisions(releases, scope), releases) for scope in wanted]
    return [release for release in found if release is not None]


def served_of(found: Sequence[Release], releases: Path) -> Release | None:
    """The served one of a region's quarter, of whose revisions all are given."""
    if not found:
        return None
    newest = found[-1]
    revision = journal.served_revision(journal.entries(releases, newest.region_code, newest.quarter), newest.revision)
    for release in found:
        if release.revision == revision:
            return release
    raise DamagedFile(
        f"r{revision} of {newest.region_code} {newest.quarter}, which is served instead of {newest.folder.name}, is lost; "
        "what is served was not changed",
        where=str(newest.folder.with_name(f"r{revision}")),
        expected="the revision that was served again by decision",
        next_step="restore it from a backup, or serve another revision: callback-survey releases rollback",
        region_code=newest.region_code,
        quarter=newest.quarter,
    )


def open_marts(release: Release) -> duckdb.DuckDBPyConnection:
    """A release's frozen marts as views in schema main of a database in memory. The caller closes it."""
    connection = duckdb.connect()
    for name in release.tables:
        path = release.folder / "marts" / f"{name}.parquet"
        connection.execute(f"create view {name} as from {duck.read_parquet([path])}")
    return connection


_NO_NOTE: Any = object()


def combined_hash(
    hashes: Mapping[str, str], compared_with: Mapping[str, str | int] | None, note: str | None = _NO_NOTE
) -> str:
    """The content hash of a release: that of its tables, and of what its changes are changes on.

    `note` is given for a revision that differs from the one before it by the sender's note alone.
    """
    parts: list[Any] = [*sorted(hashes.items()), *([dict(compared_with)] if compared_with else [])]
    parts += [] if note is _NO_NOTE else [("note", note)]
    return sha256(repr(parts).encode()).hexdigest()


def content_hashes(
    hashes: Mapping[str, str], compared_with: Mapping[str, str | int] | None, note: str | None
) -> tuple[str, str]:
    """The content hashes that a release of these tables and this note may bear: of its figures, or with its note."""
    return combined_hash(hashes, compared_with), combined_hash(hashes, compared_with, note)
