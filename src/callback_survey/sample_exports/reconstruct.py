"""The whole delivery as tables of text: the two annexes as printed, and a frame and calls that fit them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callback_survey.sample_exports import calls, frame, spellings
from callback_survey.sample_exports.dice import Dice
from callback_survey.sample_exports.exclusions import excluded_rows
from callback_survey.sample_exports.inputs import PUBLISHED_FILES, department_counts, published_bytes

REGION_CODE = "330109"
DEFAULT_SEED = 330109


@dataclass(frozen=True)
class SampleFile:
    """A file of the delivery; `content` is its text before any compression, `row_count` its data records."""

    name: str
    content: bytes
    row_count: int


def reconstruct(seed: int = DEFAULT_SEED) -> list[SampleFile]:
    """The files of the delivery without its manifest, by name. The same seed gives the same bytes everywhere."""
    departments = department_counts()
    valid = frame.valid_frame(departments, Dice(seed, "valid frame"))
    extra = excluded_rows(valid, Dice(seed, "excluded rows"))
    in_order = frame.numbered([*valid.rows, *extra], Dice(seed, "order"))
    called = [row for row in valid.rows if row.is_called]
    made = calls.calls(calls.interviews(departments, called, Dice(seed, "answers")), Dice(seed, "calls"))
    files = [
        _table("frame.csv.gz", frame.HEADER, frame.records(in_order)),
        *_call_parts(made, spellings.comments(len(made), Dice(seed, "comments"))),
        *(SampleFile(name, published_bytes(name), _row_count(published_bytes(name))) for name in PUBLISHED_FILES),
    ]
    return sorted(files, key=lambda file: file.name)


def _call_parts(made: Sequence[calls.Call], comments: Sequence[str]) -> list[SampleFile]:
    """The calls in one part per month: a case rung in both months has rows in both parts."""
    parts: dict[int, list[tuple[str, ...]]] = {}
    for call, comment in zip(made, comments, strict=True):
        parts.setdefault(call.called_at.month, []).append(
            (
                call.case_id,
                call.called_at.isoformat(sep=" "),
                call.disposition_text,
                call.satisfaction_text,
                call.visits_text,
                str(call.attempt_no),
                call.agent_id,
                comment,
            )
        )
    return [
        _table(f"calls-{number:03d}.csv.gz", calls.HEADER, parts[month])
        for number, month in enumerate(sorted(parts), start=1)
    ]


def _table(name: str, header: Sequence[str], records: Iterable[Sequence[str]]) -> SampleFile:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(records)
    content = text.getvalue().encode("utf-8")
    return SampleFile(name, content, _row_count(content))


def _row_count(content: bytes) -> int:
    return sum(1 for _ in csv.reader(io.StringIO(content.decode("utf-8")))) - 1
