"""The documents of a release: what people read of it. Written from the release's marts alone, as drafts and again when issued."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callback_survey.documents.notice.heading import DRAFT, Heading

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
    formats: Sequence[Format],
    heading: Heading = DRAFT,
) -> None:
    """Write a release's documents into `folder`, which the caller writes aside or owns.

    `connection` shows the release's marts in `schema`: "marts" in the warehouse, "main" over a frozen release
    (`releases.open_marts`). The same marts and heading give the same documents.
    """
    from callback_survey.documents import companion
    from callback_survey.documents.notice import write as notice

    notice.write(connection, release, folder, schema=schema, formats=formats, heading=heading)
    companion.write(connection, release, folder, schema=schema, formats=formats)
