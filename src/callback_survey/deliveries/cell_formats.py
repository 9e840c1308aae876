"""What a workbook shows of a cell and its reader does not tell: percent formats, formulas without a result, and cells that
OpenDocument merges.

Looked up in the package's own XML, and only where its styles know a percent format or a sheet has a formula. XLS and XLSB keep
theirs in binary records, which are not read: their annexes are refused where shares lie between 0 and 1.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse

from callback_survey.deliveries.sheets import Merged
from callback_survey.deliveries.table import MAXIMUM_COLUMNS, Unreadable

# The formats of percents that every workbook has without listing them
_BUILT_IN = {9, 10}
_QUOTED = re.compile(r'"[^"]*"|\\.')
_REFERENCE = re.compile("([A-Z]{1,3})([0-9]{1,7})")
_MOST_REPEATED = 1_048_576
_FORMULA = re.compile(rb"<(?:[A-Za-z0-9]+:)?f[ />]")
_BLOCK_BYTES, _LONGEST_TAG = 1 << 20, 64


@dataclass
class Formats:
    """Of one sheet: the columns (from 0) of the percent cells by line, those of formulas without a result, and the cells merged
    over several lines."""

    percents: dict[int, list[int]] = field(default_factory=dict)
    formulas: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    merged: list[Merged] = field(default_factory=list)


def formats_of(path: Path) -> list[Formats]:
    """Of each sheet in the workbook's order; empty where the file is no package of XML, or has no such cell.

    Raises Unreadable where the package is damaged.
    """
    if not zipfile.is_zipfile(path):
        return []
    try:
        return _formats_of(path)
    except (ParseError, KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise Unreadable("the workbook is cut off or damaged: its formats cannot be read") from error


def _formats_of(path: Path) -> list[Formats]:
    with zipfile.ZipFile(path) as package:
        names = set(package.namelist())
        if "content.xml" in names:
            with package.open("content.xml") as content:
                return _open_document_formats(content)
        if "xl/workbook.xml" not in names or "xl/styles.xml" not in names:
            return []
        with package.open("xl/styles.xml") as styles:
            percent_styles = _percent_styles(styles)
        return [_cells_told(package, part, percent_styles) for part in _sheet_parts(package)]


def _percent_styles(file: IO[bytes]) -> set[str]:
    """The numbers of the cell formats that show a percent."""
    formats = set(_BUILT_IN)
    found: set[str] = set()
    number = -1
    is_cell_format = False
    for event, element in iterparse(file, events=("start", "end")):
        tag = _tag(element)
        if tag == "cellXfs":
            is_cell_format = event == "start"
        elif event == "start" and tag == "numFmt" and "%" in _QUOTED.sub("", element.get("formatCode", "")):
            formats.add(int(element.get("numFmtId", "-1")))
        elif event == "start" and tag == "xf" and is_cell_format:
            number += 1
            if int(element.get("numFmtId", "-1")) in formats:
                found.add(str(number))
    return found


def _sheet_parts(package: zipfile.ZipFile) -> list[str | None]:
    """The part of each sheet, in the order of the tabs; None for one that is no worksheet."""
    with package.open("xl/_rels/workbook.xml.rels") as file:
        targets = {one.get("Id"): one.get("Target", "") for _, one in iterparse(file) if _tag(one) == "Relationship"}
    with package.open("xl/workbook.xml") as file:
        links = [
            next((value for key, value in one.attrib.items() if key.endswith("}id")), None)
            for _, one in iterparse(file)
            if _tag(one) == "sheet"
        ]
    names = set(package.namelist())
    parts = [posixpath.normpath(posixpath.join("/xl", targets.get(link, "")))[1:] for link in links]
    return [part if part in names and "worksheets/" in part else None for part in parts]


def _holds_formulas(package: zipfile.ZipFile, part: str) -> bool:
    """Looked for in the text: nearly every export has none, and needs no second pass."""
    with package.open(part) as file:
        rest = b""
        while block := file.read(_BLOCK_BYTES):
            if _FORMULA.search(rest + block):
                return True
            rest = block[-_LONGEST_TAG:]
    return False


def _cells_told(package: zipfile.ZipFile, part: str | None, percent_styles: set[str]) -> Formats:
    found = Formats()
    if part is None or not (percent_styles or _holds_formulas(package, part)):
        return found
    with package.open(part) as file:
        line = column = 0
        for event, element in iterparse(file, events=("start", "end")):
            tag = _tag(element)
            if event == "end":
                if tag == "row":
                    element.clear()
                elif tag == "c" and (formula := _without_result(element)):
                    found.formulas.setdefault(line, []).append((column - 1, formula))
            elif tag == "row":
                line, column = int(element.get("r", line + 1)), 0
            elif tag == "c":
                if reference := _REFERENCE.fullmatch(element.get("r", "")):
                    column = _column(reference[1])
                if element.get("s") in percent_styles and element.get("t", "n") == "n":
                    found.percents.setdefault(line, []).append(column)
                column += 1
    return found


def _without_result(cell: Element) -> str:
    """The formula of a cell that has no value: a program wrote it for Excel to compute. Empty where there is none. A text that was
    computed and is empty is a value."""
    if cell.get("t") == "str":
        return ""
    told = {_tag(one): one.text or "" for one in cell}
    return (told["f"] or "…") if "f" in told and not told.get("v") else ""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _open_document_formats(file: IO[bytes]) -> list[Formats]:
    sheets: list[Formats] = []
    line = column = 0
    for event, element in iterparse(file, events=("start", "end")):
        tag = _tag(element)
        if event == "end":
            if tag == "table-row":
                line += _repeated(element, "number-rows-repeated")
                element.clear()
        elif tag == "table":
            sheets.append(Formats())
            line = 1
        elif tag == "table-row":
            column = 0
        elif tag in ("table-cell", "covered-table-cell") and sheets:
            repeated = _repeated(element, "number-columns-repeated")
            rows = _repeated(element, "number-rows-spanned")
            if rows > 1:
                sheets[-1].merged.append((line, line + rows - 1, column))
            if _attribute(element, "value-type") == "percentage":
                sheets[-1].percents.setdefault(line, []).extend(range(column, column + min(repeated, MAXIMUM_COLUMNS)))
            column += repeated
    return sheets


def _repeated(element: Element, name: str) -> int:
    value = _attribute(element, name) or "1"
    return min(int(value), _MOST_REPEATED) if value.isdecimal() and len(value) < 10 else 1


def _attribute(element: Element, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if key.endswith(f"}}{name}")), None)


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]
