"""The companion of a notice (统计附页): how far its figures carry, as a page for each measure, as charts and as a page that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from callback_survey.storage import files
from callback_survey.wording.signs import CASES

if TYPE_CHECKING:
    import duckdb

    from callback_survey.documents.companion.history import History
    from callback_survey.documents.companion.model import CompanionData
    from callback_survey.releases import Release
    from callback_survey.setting_values import Format


def write(
    connection: duckdb.DuckDBPyConnection,
    release: Release,
    folder: Path,
    *,
    schema: str,
    formats: Sequence[Format],
    cases: str = CASES,
    correction: str = "",
    contact: str = "",
    has_departments: bool = True,
    begin: Callable[[str], None] = lambda part: None,
) -> None:
    """Write companion.html, explore.html, figures.csv and charts/<measure>.svg into `folder`; with "pdf" also companion.pdf and PNGs.
    With `has_departments` also a page per department, and with "departments" departments.pdf, which has all of them.

    `connection` shows the release's marts in `schema`. The same marts and history give the same files. `cases` is what the district
    calls what was counted, `correction` what the notice says of the one that it replaces, `contact` whom to ask. `begin` is told
    each part before it is made.
    """
    from callback_survey.documents.companion import charts, explore, page
    from callback_survey.documents.companion.data import read_companion_data
    from callback_survey.documents.companion.history import FILE, read_history

    begin(FILE)
    history = read_history(connection, release, schema=schema)
    files.write_text(folder / FILE, history.csv())
    begin("charts")
    data = read_companion_data(connection, release.scope, schema=schema).called(cases)
    note = release.data_note
    if note and "pdf" in formats:
        from callback_survey.documents.companion.pdf import with_types

        note = with_types(note)
    drawn = {figures.measure: page.draw(data, figures) for figures in data.measures}
    files_of = {
        figures.measure: page.chart_file(data, figures, drawn[figures.measure], release, note)
        for figures in data.measures
    }
    for measure, svg in files_of.items():
        files.write_text(folder / "charts" / f"{measure}.svg", svg)
    # vl-convert draws outside Python, so pictures and pages are made at the same time
    with ThreadPoolExecutor(1) as beside:
        pictures = beside.map(charts.png_of, files_of.values() if "pdf" in formats else ())
        render = partial(
            page.render_companion, data, drawn, release, history=history, correction=correction, contact=contact
        )
        begin("companion.html")
        files.write_text(folder / "companion.html", render())
        begin("explore.html")
        files.write_text(folder / "explore.html", explore.render_explore(data, release))
        if "pdf" in formats:
            from callback_survey.documents.companion.pdf import pdf_of

            begin("companion.pdf")
            _write_bytes(folder / "companion.pdf", pdf_of(render(is_paper=True)))
        if has_departments:
            _write_departments(data, history, release, folder, contact, formats, begin)
        begin("charts")
        for measure, picture in zip(files_of, pictures, strict=False):
            _write_bytes(folder / "charts" / f"{measure}.png", picture)


def _write_departments(
    data: CompanionData,
    history: History,
    release: Release,
    folder: Path,
    contact: str,
    formats: Sequence[Format],
    begin: Callable[[str], None],
) -> None:
    from callback_survey.documents.companion import departments

    begin(departments.FOLDER)
    sheets = departments.sheets_of(data, history)
    for sheet in sheets:
        text = departments.render(data, [sheet], release, contact)
        files.write_text(folder / departments.file_name(sheet.code), text)
    if "departments" in formats:
        from callback_survey.documents.companion.pdf import pdf_of

        begin(departments.ALL)
        _write_bytes(folder / departments.ALL, pdf_of(departments.render(data, sheets, release, contact)))


def _write_bytes(path: Path, content: bytes) -> None:
    with files.written_aside(path) as aside:
        aside.write_bytes(content)
