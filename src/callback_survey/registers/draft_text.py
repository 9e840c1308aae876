"""A draft as a page of text: lines to copy into the registers, how often each name was found, and what to ask."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from callback_survey.registers.draft import Draft, Proposed, Question

SECTION = "==> "


def as_text(draft: Draft, seeds: Path) -> str:
    return "\n".join([*_head(draft, seeds), *_lines_to_copy(draft), *_found(draft), *_asked(draft)]) + "\n"


def _head(draft: Draft, seeds: Path) -> Iterator[str]:
    names = draft.names
    yield f"Draft of a register for {draft.region_code}, from the {names.source} of {draft.quarter}"
    left_out = [
        f"{count:,} rows {why}"
        for count, why in (
            (names.unnamed_count, "without a department name"),
            (names.unusable_count, "with a personal number or over 60 characters for a name"),
        )
        if count
    ]
    yield (
        f"{names.row_count:,} {names.source} rows, {len(names.spellings)} department names: {draft.known_count} known, "
        f"{len(draft.departments)} new" + "".join(f"; {told}" for told in left_out)
    )
    yield ""
    if not draft.departments and not draft.regions:
        yield f"The register knows every name of the {names.source}: there is nothing to add."
        return
    yield "Nothing was registered. How to use this draft:"
    for number, lines in enumerate(_steps(draft, seeds), start=1):
        yield f"  {number}. {lines[0]}"
        yield from (f"     {line}" for line in lines[1:])
    yield ""


def _steps(draft: Draft, seeds: Path) -> Iterator[tuple[str, ...]]:
    if draft.questions:
        yield ("Answer the questions at the end with somebody who knows the offices.",)
    yield (
        "Correct names, remove what is not a department, and put the codes in the order you want.",
        "A code is never used again, so choose it before the first run.",
    )
    yield (f"Append the lines below to the files in {seeds}",)
    yield (
        "callback-survey register check",
        f"callback-survey run --region {draft.region_code} --quarter {draft.quarter}",
    )


def _lines_to_copy(draft: Draft) -> Iterator[str]:
    if draft.regions:
        yield f"{SECTION}regions.csv"
        yield from (_line(row) for row in draft.regions)
        yield ""
        yield "Write the name of each division between its first two commas."
        yield ""
    if draft.departments:
        yield f"{SECTION}departments.csv"
        yield from (
            _line((proposed.code, draft.region_code, proposed.name, draft.quarter, ""))
            for proposed in draft.departments
        )
        yield ""


def _found(draft: Draft) -> Iterator[str]:
    if not draft.departments:
        return
    yield f"Number of {draft.names.source} rows with each name"
    for proposed in draft.departments:
        yield f"{proposed.row_count:>9,}  {proposed.code}  {proposed.name}{_other_forms(proposed)}"
    yield ""


def _other_forms(proposed: Proposed) -> str:
    """Forms that fold to one key need no alias: names are compared without spaces and width."""
    if len(proposed.spellings) == 1:
        return ""
    forms = "、".join(f"「{spelling}」 {count:,}" for spelling, count in proposed.spellings)
    return f"  written {forms}: one name, no alias needed"


def _asked(draft: Draft) -> Iterator[str]:
    if not draft.questions:
        return
    yield "Questions for a person. Similar names are often different offices, so nothing was merged."
    for number, question in enumerate(draft.questions, start=1):
        yield from _question(number, question, draft)


def _question(number: int, question: Question, draft: Draft) -> Iterator[str]:
    proposed = question.proposed
    how = "They differ only in punctuation. " if question.differ_in_signs_only else ""
    yield (
        f"{number:>3}. Is {proposed.name} ({proposed.code}, {proposed.row_count:,} rows) the same office as "
        f"{question.other_name} ({question.other_code})?"
    )
    yield f"     {how}If it is: remove the line of {proposed.code}, and append to department_aliases.csv"
    yield "     " + _line((draft.region_code, proposed.name, question.other_code, draft.quarter, ""))


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
