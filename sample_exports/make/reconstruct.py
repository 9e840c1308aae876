"""A whole delivery as tables of text. The first is a reconstruction beside the annexes as printed; the others are made up."""

from __future__ import annotations

from collections.abc import Sequence

from sample_exports.make import calls, frame, spellings
from sample_exports.make.dice import Dice
from sample_exports.make.exclusions import excluded_rows
from sample_exports.make.files import SampleFile, as_file, table
from sample_exports.make.histories import interviews
from sample_exports.make.inputs import PUBLISHED_FILES, published_bytes
from sample_exports.make.occasions import Occasion

REGION_CODE = "330109"
DEFAULT_SEED = 330109


def files_of(occasion: Occasion, seed: int = DEFAULT_SEED) -> list[SampleFile]:
    """The files of the delivery without its manifest, by name. The same seed gives the same bytes everywhere."""

    def dice(purpose: str) -> Dice:
        return Dice(seed, f"{occasion.purpose_prefix}{purpose}")

    valid = frame.valid_frame(occasion, dice("valid frame"))
    extra = excluded_rows(valid, dice("excluded rows"))
    in_order = frame.numbered([*valid.rows, *extra], occasion.quarter, dice("order"))
    called = [row for row in valid.rows if row.is_called]
    asked = interviews(occasion.departments, called, dice("answers"))
    made = calls.calls(asked, occasion, dice("calls"))
    reasons = spellings.reasons([call.satisfaction for call in made], dice("reasons"))
    comments = spellings.comments(len(made), dice("comments"))
    files = [
        table("frame.csv.gz", frame.HEADER, frame.records(in_order)),
        *_call_parts(made, reasons, comments, calls.header(occasion)),
    ]
    if not occasion.is_invented:
        files += [as_file(name, published_bytes(name)) for name in PUBLISHED_FILES]
    return sorted(files, key=lambda file: file.name)


def _call_parts(
    made: Sequence[calls.Call], reasons: Sequence[str], comments: Sequence[str], header: Sequence[str]
) -> list[SampleFile]:
    """The calls in one part per month: a case rung in both months has rows in both parts."""
    parts: dict[int, list[tuple[str, ...]]] = {}
    for call, reason, comment in zip(made, reasons, comments, strict=True):
        parts.setdefault(call.called_at.month, []).append(calls.record(call, reason, comment, header))
    return [
        table(f"calls-{number:03d}.csv.gz", header, parts[month]) for number, month in enumerate(sorted(parts), start=1)
    ]
