"""XLSX, XLSB, XLS and ODS, read by calamine in a process of its own with limits on memory and time.

A small workbook can ask for a cell in the last column of the last row, or unpack to gigabytes: such a file must end as an
error, not take the machine with it. The child writes each visible sheet as an Arrow file of rows, which is then streamed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from callback_survey.deliveries.cell_formats import Formats, formats_of
from callback_survey.deliveries.headers import Dataset
from callback_survey.deliveries.sheets import Sheet, tables_of
from callback_survey.deliveries.table import BATCH_ROWS, Row, Table, Unreadable, as_text, percent_as_text
from callback_survey.privacy import scrub
from callback_survey.storage import files

MEMORY_BYTES = 3 << 30
CPU_SECONDS = 300
MAXIMUM_SHEETS = 200
# Of all sheets together, as text: one long text may stand in a million cells and take no room in the file.
MAXIMUM_CHARACTERS = 1 << 30
_TOLD = 3  # the child's exit code when it has said what is wrong
_SCHEMA = pa.schema([pa.field("line", pa.int64()), pa.field("cells", pa.list_(pa.string()))])


def open_workbook(path: Path, name: str, datasets: Sequence[Dataset], work: Path) -> tuple[list[Table], list[str]]:
    """The tables in a workbook's visible sheets, and remarks on sheets that hold none or are hidden."""
    folder = work / f"sheets-{len(list(work.iterdir()))}"
    folder.mkdir()
    found = _unpack(path, folder)
    remarks = [f"{name}: hidden sheet「{sheet['title']}」was not read" for sheet in found if sheet["is_hidden"]]
    sheets = [
        Sheet(sheet["title"], partial(_rows, folder / sheet["file"]), sheet["merged"])
        for sheet in found
        if not sheet["is_hidden"] and sheet["row_count"]
    ]
    tables, more = tables_of(name, sheets, encoding="workbook", datasets=datasets)
    return tables, [*remarks, *more]


def _unpack(path: Path, folder: Path) -> list[dict[str, Any]]:
    """Run the child. Raises Unreadable with its words, or with the limit it hit."""
    limits_given = [str(MEMORY_BYTES), str(CPU_SECONDS), str(MAXIMUM_CHARACTERS)]
    # -P: a module beside the exports must not be taken for one of ours
    command = [sys.executable, "-P", "-m", "callback_survey.deliveries.workbook", str(path), str(folder), *limits_given]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=2 * CPU_SECONDS
        )
    except subprocess.TimeoutExpired:
        done = None
    listing = folder / "sheets.json"
    if done is not None and done.returncode == 0 and listing.is_file():
        sheets: list[dict[str, Any]] = files.read_json(listing)
        return sheets
    if done is not None and done.returncode == _TOLD:
        raise Unreadable(done.stdout.strip())
    limits = f"{MEMORY_BYTES >> 30} GB of memory and {CPU_SECONDS} seconds"
    raise Unreadable(f"the workbook cannot be read within {limits}; it may be damaged or malicious")


def _rows(path: Path) -> Iterator[Row]:
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            yield from zip(batch["line"].to_pylist(), batch["cells"].to_pylist(), strict=True)


def _convert(path: Path, folder: Path, characters: int) -> list[dict[str, Any]]:
    import python_calamine

    workbook = _opened(path)
    if len(workbook.sheets_metadata) > MAXIMUM_SHEETS:
        raise Unreadable(f"more than {MAXIMUM_SHEETS} sheets")
    formats = dict(enumerate(formats_of(path)))
    sheets = []
    for index, meta in enumerate(workbook.sheets_metadata):
        title = meta.name if scrub(meta.name) == meta.name else f"第{index + 1}张"
        sheet: dict[str, Any] = {
            "title": title,
            "file": f"{index}.arrow",
            "row_count": 0,
            "is_hidden": False,
            "merged": [],
        }
        sheet["is_hidden"] = meta.visible != python_calamine.SheetVisibleEnum.Visible
        if meta.typ == python_calamine.SheetTypeEnum.WorkSheet and not sheet["is_hidden"]:
            found = workbook.get_sheet_by_name(meta.name)
            told = formats.get(index, Formats())
            target = folder / sheet["file"]
            # calamine leaves out the empty columns before the first one with anything in it
            first = found.start[1] if found.start else 0
            sheet["row_count"], characters = _write(found.iter_rows(), target, characters, told, first)
            merged = found.merged_cell_ranges or ()
            over_rows = [(top + 1, bottom + 1, left) for (top, left), (bottom, _) in merged if bottom > top]
            sheet["merged"] = [
                (top, bottom, column - first) for top, bottom, column in (*over_rows, *told.merged) if column >= first
            ]
        sheets.append(sheet)
    return sheets


def _opened(path: Path) -> Any:
    """By its name, which tells a password; else by its content, for XLSX under the name .xls is common."""
    import python_calamine

    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError:
        raise
    except python_calamine.CalamineError as error:
        try:
            with path.open("rb") as file:
                return python_calamine.CalamineWorkbook.from_filelike(file)
        except python_calamine.CalamineError:
            raise error from None


def _text(value: Any) -> str:
    """As a person would have typed it. Of a number a workbook keeps fifteen digits: a longer one is left in its short form."""
    return f"{value:.15g}" if isinstance(value, float) and abs(value) >= 1e15 else as_text(value)


def _write(rows: Iterator[list[Any]], path: Path, characters: int, told: Formats, first: int) -> tuple[int, int]:
    """Rows as text, blank ones left out; the line is the one the spreadsheet shows (calamine starts at its first row), the columns
    begin with the `first` one. What is shown as a percent is one: 0.7443 is 74.43%. A formula whose result the file does not hold
    is the cell's text: nobody knows what Excel would show there.

    Returns the number of rows, and how many `characters` are left.
    """
    row_count = 0
    lines: list[int] = []
    cells: list[list[str]] = []
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
        for line, row in enumerate(rows, start=1):
            texts = [_text(value) for value in row]
            for column in (column - first for column in told.percents.get(line, ())):
                if 0 <= column < len(row) and isinstance(row[column], int | float):
                    texts[column] = percent_as_text(row[column])
            for column, formula in told.formulas.get(line, ()):
                if 0 <= column - first < len(row) and not texts[column - first]:
                    texts[column - first] = f"={formula}"
            characters -= sum(map(len, texts))
            if characters < 0:
                raise Unreadable("the workbook's cells hold too much text for a survey")
            if any(texts):
                lines.append(line)
                cells.append(texts)
            if len(lines) == BATCH_ROWS:
                writer.write_batch(pa.record_batch([lines, cells], schema=_SCHEMA))
                row_count += len(lines)
                lines, cells = [], []
        writer.write_batch(pa.record_batch([lines, cells], schema=_SCHEMA))
    return row_count + len(lines), characters


def _main() -> int:
    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    memory, seconds, characters = (int(limit) for limit in sys.argv[3:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    from python_calamine import CalamineError, PasswordError

    try:
        sheets = _convert(path, folder, characters)
    except PasswordError:
        print("the workbook is protected by a password")
        return _TOLD
    except Unreadable as error:
        print(error)
        return _TOLD
    except MemoryError:
        return 1
    except CalamineError:
        print("the workbook is cut off or damaged")
        return _TOLD
    files.write_json(folder / "sheets.json", sheets)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
