"""A delivered file becomes tables, whatever it is: text, workbook, Parquet, archive, or a notice with its annexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callback_survey.deliveries.headers import HeaderNotRecognised
from callback_survey.deliveries.table import Table, Unreadable, dataset_named

DATASETS = ("frame", "calls", "published")
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", *_WORKBOOKS, ".parquet", ".docx", ".zip")


@dataclass(frozen=True)
class Opened:
    """What a file holds, and remarks on what in it was not read."""

    tables: tuple[Table, ...]
    remarks: tuple[str, ...] = ()


def open_tables(path: Path, work: Path, *, name: str | None = None) -> Opened:
    """The tables in a file; `work` is a folder for what has to be unpacked.

    Raises Unreadable or HeaderNotRecognised, whose texts hold no cell of the file.
    """
    told = name or path.name
    suffix = next(
        (ending for ending in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(ending)), None
    )
    datasets = dataset_named(told.rpartition("/")[2], DATASETS)
    if suffix is None:
        raise Unreadable(f"this type of file is not supported; expected one of {'、'.join(SUFFIXES)}")
    if suffix == ".zip":
        return _open_archive(path, work, told)
    if suffix in _WORKBOOKS:
        from callback_survey.deliveries.workbook import open_workbook

        tables, remarks = open_workbook(path, told, datasets, work)
        return Opened(tuple(tables), tuple(remarks))
    return Opened(tuple(_open_single(path, told, suffix, datasets)))


def _open_single(path: Path, name: str, suffix: str, datasets: Sequence[str]) -> Sequence[Table]:
    if suffix == ".parquet":
        from callback_survey.deliveries.parquet import open_parquet

        return [open_parquet(path, name, datasets)]
    from callback_survey.deliveries import annexes, delimited

    if suffix == ".docx":
        return annexes.open_docx(path, name)
    if suffix == ".txt":
        try:
            return annexes.open_notice_text(path, name)
        except Unreadable:  # no notice: then it is a table saved as text
            return [delimited.open_text(path, name, datasets)]
    return [delimited.open_text(path, name, datasets)]


def _open_archive(path: Path, work: Path, name: str) -> Opened:
    from callback_survey.deliveries.archive import unpack

    folder = work / f"archive-{len(list(work.iterdir()))}"
    folder.mkdir()
    tables: list[Table] = []
    remarks: list[str] = []
    for member in unpack(path, folder):
        told = f"{name}/{member.name}"
        try:
            opened = open_tables(member, work, name=told)
        except (Unreadable, HeaderNotRecognised) as error:
            raise type(error)(f"{member.name}: {error}") from error
        tables += opened.tables
        remarks += opened.remarks
    if not tables:
        raise Unreadable("the archive holds no file")
    return Opened(tuple(tables), tuple(remarks))
