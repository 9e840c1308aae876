"""A delivered file becomes tables, whatever it is: text, workbook, Parquet, archive, or a notice with its annexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callback_survey.deliveries import kinds
from callback_survey.deliveries.headers import Dataset, HeaderNotRecognised, NoTable
from callback_survey.deliveries.kinds import SUFFIXES
from callback_survey.deliveries.parts import missing_parts
from callback_survey.deliveries.table import Table, Unreadable, dataset_named

# Names that promise a table; a text, a document or anything else may be a letter that came with the data
_PROMISING = tuple(suffix for suffix in SUFFIXES if suffix not in (".txt", ".docx"))


@dataclass(frozen=True)
class Opened:
    """What a file holds, remarks on what in it was not read, what programs had left in it, which nobody sent, and the parts that
    are missing among the numbered files of an archive.
    """

    tables: tuple[Table, ...]
    remarks: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    missing_parts: tuple[str, ...] = ()


def open_tables(path: Path, work: Path, *, known: Sequence[Dataset], name: str | None = None) -> Opened:
    """The tables in a file; `work` is a folder for what has to be unpacked. The content decides what the file is, and the headers
    of `known` which dataset a table is of.

    What holds no table and does not promise one by its name (a letter, a picture, a summary) is remarked as not read.
    Raises Unreadable or HeaderNotRecognised, whose texts hold no cell of the file.
    """
    told = name or path.name
    base = told.rpartition("/")[2]
    datasets = dataset_named(base, known)
    is_promised = base.lower().endswith(_PROMISING) or len(datasets) == 1
    kind = kinds.kind_of(path)
    if kind in kinds.OTHER_ARCHIVES:
        raise Unreadable(f"{kinds.OTHER_ARCHIVES[kind]}; expected the files as they are, or in a .zip")
    if kind == kinds.ARCHIVE:
        if name is not None:
            raise Unreadable("the archive holds another archive")
        return _open_archive(path, work, known, told)
    if kind in kinds.NO_TABLE:
        if not is_promised:
            return Opened((), (f"{told}: was not read, it is {kinds.NO_TABLE[kind]}",))
        if kind == "unknown":
            raise Unreadable(f"this type of file is not supported; expected one of {'、'.join(SUFFIXES)}")
        raise Unreadable(f"it is {kinds.NO_TABLE[kind]}; expected a table: one of {'、'.join(SUFFIXES)}")
    try:
        tables, remarks = _open_single(path, told, kind, datasets, known, work)
    except NoTable:
        if is_promised and not kinds.is_about_data(base):
            raise
        if kind == kinds.TEXT and _is_tabular(path):
            raise
        return Opened((), (f"{told}: was not read, it holds no known table",))
    except HeaderNotRecognised as error:
        if len(datasets) == 1 or not (error.is_other_table or kinds.is_about_data(base)):
            raise
        return Opened((), (f"{told}: was not read, it is a table of another kind: {error}",))
    return Opened(tuple(tables), tuple(remarks))


def _open_single(
    path: Path, name: str, kind: str, datasets: Sequence[Dataset], known: Sequence[Dataset], work: Path
) -> tuple[Sequence[Table], Sequence[str]]:
    if kind == kinds.WORKBOOK:
        from callback_survey.deliveries.workbook import open_workbook

        return open_workbook(path, name, datasets, work)
    if kind == kinds.PARQUET:
        from callback_survey.deliveries.parquet import open_parquet

        return [open_parquet(path, name, datasets)], ()
    if kind in (kinds.HTML, kinds.MHTML, kinds.XML_WORKBOOK):
        return _open_markup(path, name, kind, datasets, work)
    from callback_survey.deliveries import annexes, delimited

    # a notice holds annexes, whatever its file is called
    [printed] = [dataset for dataset in known if dataset.name == "published"]
    if kind == kinds.DOCUMENT:
        return annexes.open_docx(path, name, printed), ()
    if name.lower().endswith(".txt"):
        try:
            return annexes.open_notice_text(path, name, printed), ()
        except (Unreadable, NoTable):  # no notice: then it is a table saved as text
            return [delimited.open_text(path, name, datasets)], ()
    return [delimited.open_text(path, name, datasets)], ()


def _open_markup(
    path: Path, name: str, kind: str, datasets: Sequence[Dataset], work: Path
) -> tuple[Sequence[Table], Sequence[str]]:
    from callback_survey.deliveries import markup

    if kind == kinds.MHTML:
        return markup.open_mhtml(path, name, datasets, work)
    opener = markup.open_html if kind == kinds.HTML else markup.open_xml_workbook
    return opener(path, name, datasets)


def _is_tabular(path: Path) -> bool:
    from callback_survey.deliveries.delimited import looks_tabular

    return looks_tabular(path)


def _open_archive(path: Path, work: Path, known: Sequence[Dataset], name: str) -> Opened:
    from callback_survey.deliveries.archive import unpack

    folder = work / f"archive-{len(list(work.iterdir()))}"
    folder.mkdir()
    tables: list[Table] = []
    remarks: list[str] = []
    members, passed_over = unpack(path, folder)
    for member in members:
        told = f"{name}/{member.name}"
        try:
            opened = open_tables(member, work, known=known, name=told)
        except (Unreadable, HeaderNotRecognised) as error:
            raise type(error)(f"{member.name}: {error}") from error
        tables += opened.tables
        remarks += opened.remarks
    if not members:
        raise Unreadable("the archive holds no file")
    missing = tuple(f"{name}/{part}" for part in missing_parts(member.name for member in members))
    return Opened(tuple(tables), tuple(remarks), tuple(f"{name}/{left}" for left in passed_over), missing)
