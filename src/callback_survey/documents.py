"""The documents of a release: what people read of it. Written from the release's marts alone, as drafts and again when issued."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callback_survey import files
from callback_survey.notice.heading import DRAFT, Heading

if TYPE_CHECKING:
    import duckdb

    from callback_survey.releases import Release
    from callback_survey.settings import Format


def write(
    connection: duckdb.DuckDBPyConnection,
    release: Release,
    folder: Path,
    *,
    schema: str,
    formats: Sequence[Format],  # noqa: ARG001
    heading: Heading = DRAFT,  # noqa: ARG001
) -> None:
    """Write a release's documents into `folder`, which the caller writes aside or owns.

    `connection` shows the release's marts in `schema`: "marts" in the warehouse, "main" over a frozen release
    (`releases.open_marts`). The same marts and heading give the same documents.
    """
    from callback_survey.notice import read_notice_data, render_notice

    data = read_notice_data(connection, release.region_code, release.quarter, schema=schema)
    html = render_notice(
        data,
        revision=f"r{release.revision}",
        content_hash=release.content_hash,
        data_note=release.data_note,
        accepted=release.accepted,
    )
    files.write_text(folder / "notice.html", html)
