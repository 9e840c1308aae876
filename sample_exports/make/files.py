"""A file of a delivery as text, before it is packed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SampleFile:
    """A file of the delivery; `content` is its text before any compression, `row_count` its data records."""

    name: str
    content: bytes
    row_count: int


def table(name: str, header: Sequence[str], records: Iterable[Sequence[str]]) -> SampleFile:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(records)
    return as_file(name, text.getvalue().encode("utf-8"))


def as_file(name: str, content: bytes) -> SampleFile:
    return SampleFile(name, content, sum(1 for _ in csv.reader(io.StringIO(content.decode("utf-8")))) - 1)
