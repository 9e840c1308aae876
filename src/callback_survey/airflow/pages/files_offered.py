"""The files of a release that may be read in a browser: known names only, each held against the hash it was frozen with."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from callback_survey.airflow.pages.revisions import UNREADABLE, Revision
from callback_survey.releases import has_documents, listed
from callback_survey.settings import Settings
from callback_survey.storage import files

# page: words and pictures. live: it runs a script of its own. picture: shown among the words. file: to be kept.
Kind = Literal["page", "live", "picture", "file"]
NOTICE = "notice"
DEPARTMENTS = "departments/"
_PICTURES: tuple[tuple[str, Kind], ...] = (("svg", "picture"), ("png", "file"))


@dataclass(frozen=True)
class Document:
    """A document that a release may hold, by the name of its file in the folder of documents."""

    name: str
    title: str
    kind: Kind


DOCUMENTS = (
    Document("notice.html", "通报", "page"),
    Document("notice.pdf", "通报 PDF", "file"),
    Document("notice.docx", "通报 DOCX", "file"),
    Document("companion.html", "统计附页", "page"),
    Document("companion.pdf", "统计附页 PDF", "file"),
    Document("explore.html", "交互图", "live"),
    Document("figures.csv", "各季度数字 CSV", "file"),
    Document("departments.pdf", "部门页 PDF", "file"),
)
_CODE = re.compile("[a-z][a-z0-9_]*")
_DICTIONARY = ("dictionary.csv", "datapackage.json", "contract.odcs.yaml", "dictionary.json", "dictionary.md")


@dataclass(frozen=True)
class Offer:
    """A file that may be asked for. `path` is None where it was frozen and is gone. `expected` is the hash it was frozen
    with; None where none was written down."""

    name: str
    title: str
    kind: Kind
    path: Path | None
    expected: str | None = None

    def read(self) -> bytes | None:
        """What it holds; None where that is gone, or is not what was frozen."""
        content = self.path.read_bytes() if self.path else None
        if content is None or self.expected not in (None, sha256(content).hexdigest()):
            return None
        return content


def of_release(revision: Revision) -> dict[str, Offer]:
    """What a release offers, by name: its documents, its tables as CSV, and what explains their columns."""
    release = revision.release
    if release is None:
        return {}
    hashes = _mapping(listed(release))
    # what lies there before it is listed is being made, or was left by a killed run
    documents = _documents(revision) if has_documents(release) else []
    wanted = [Offer(f"{NOTICE}/{known.name}", known.title, known.kind, None) for known in documents]
    for name, table in sorted(release.tables.items()):
        wanted.append(Offer(f"csv/{name}.csv", name, "file", None, _text(table.get("csv_sha256"))))
    wanted += [Offer(name, name, "file", None) for name in _DICTIONARY]
    return _found(wanted, revision.folder, hashes)


def is_of_department(offer: Offer) -> bool:
    """Whether it is the page of one department."""
    return offer.name.startswith(f"{NOTICE}/{DEPARTMENTS}")


def of_issue(settings: Settings, revision: Revision) -> dict[str, Offer]:
    """What was issued of a release, by name."""
    folder = settings.public / revision.region_code / revision.quarter / revision.name
    wanted = [Offer(known.name, known.title, known.kind, None) for known in _documents(revision)]
    return _found(wanted, folder, _mapping(issued(settings, revision).get("files")))


def _documents(revision: Revision) -> list[Document]:
    """What a release may hold: the documents, two pictures of each measure, and a page of each department."""
    charts = [
        Document(f"charts/{measure}.{form}", f"{name}图{'' if form == 'svg' else ' PNG'}", kind)
        for measure, name in measure_names(revision.folder).items()
        for form, kind in _PICTURES
    ]
    return [*DOCUMENTS, *charts, *_department_pages(revision.folder)]


def _department_pages(release: Path) -> list[Document]:
    """The pages of the departments of a release, by their names; none where it does not tell."""
    try:
        with (release / "csv" / "departments.csv").open(encoding="utf-8-sig", newline="") as file:
            names = {row["department_code"]: row["department_name"] for row in csv.DictReader(file)}
    except UNREADABLE:
        return []
    return [Document(f"{DEPARTMENTS}{quote(code, safe='')}.html", name, "page") for code, name in sorted(names.items())]


def measure_names(release: Path) -> dict[str, str]:
    """The measures of a release with their names, in their order; none where it does not tell."""
    try:
        with (release / "csv" / "measures.csv").open(encoding="utf-8-sig", newline="") as file:
            found = sorted(csv.DictReader(file), key=lambda row: int(row["measure_order"]))
        return {row["measure"]: row["measure_name"] for row in found if _CODE.fullmatch(row["measure"])}
    except UNREADABLE:
        return {}


def issued(settings: Settings, revision: Revision) -> dict[str, Any]:
    """What issue.json says of a release; nothing where it was not issued. `is_current`: it is the one that is out now;
    `replaced`: which one took its place, and why, where one did; `withdrawn`: by whom, when and why, where it was withdrawn."""
    folder = settings.public / revision.region_code / revision.quarter / revision.name
    current = folder.with_name("current")
    try:
        found = files.read_json(folder / "issue.json")
        is_current = current.is_symlink() and current.readlink().name == revision.name
    except UNREADABLE:
        return {}
    return (
        {
            **found,
            "is_current": is_current,
            "replaced": _said(folder / "replaced.json"),
            "withdrawn": _said(folder / "withdrawn.json"),
        }
        if isinstance(found, dict)
        else {}
    )


def _said(mark: Path) -> Mapping[str, Any]:
    try:
        return _mapping(files.read_json(mark)) if mark.is_file() else {}
    except UNREADABLE:
        return {}


def _found(wanted: list[Offer], folder: Path, hashes: Mapping[str, Any]) -> dict[str, Offer]:
    """The wanted files that are there, and those that were frozen and are gone."""
    found = {}
    for offer in wanted:
        path = folder / offer.name
        # no link and no name leads a reader out of the folder
        is_plain = path.is_file() and path.resolve().is_relative_to(folder.resolve())
        expected = _text(hashes.get(offer.name)) or offer.expected
        if is_plain or expected:
            found[offer.name] = replace(offer, path=path if is_plain else None, expected=expected)
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
