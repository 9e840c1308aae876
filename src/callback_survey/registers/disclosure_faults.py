"""What can be wrong with the rules of what is not published of a few people."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from callback_survey.registers import rows
from callback_survey.registers.faults import Fault, fault_in
from callback_survey.registers.rows import ALWAYS, Row

_LIMITS = ("fewest_answers_count", "smallest_frame_count", "smallest_cell_count")


def disclosure(seeds: Path) -> Iterator[Fault]:
    """Rules without a limit or a reason, for a region that is not there, two at once, or none for everybody else."""
    found = rows.read(seeds, "disclosure_rules")
    known_regions = {row["region_code"] for row in rows.read(seeds, "regions")}
    for row in found:
        if row["region_code"] and row["region_code"] not in known_regions:
            yield fault_in(
                row, f"region {row['region_code']} is not in regions.csv", "add the region and the regions above it"
            )
        yield from _limits(row)
        if not row["reason"].strip():
            yield fault_in(row, "the rule has no reason", "write why: readers of the tables see it")
    for one, other in itertools.combinations(found, 2):
        both = one.period.common(other.period)
        if one["region_code"] == other["region_code"] and both is not None:
            told = f"it holds beside line {one.line} from {both.shown_first} on"
            yield fault_in(
                other, told, "end the earlier one (valid_to) in the quarter before the later one's valid_from"
            )
    general = [row for row in found if not row["region_code"]]
    if not any(row.period.last == ALWAYS for row in general):
        yield Fault(
            "disclosure_rules.csv: no row without a region holds from now on",
            ("disclosure_rules.csv",),
            "add one without region_code and valid_to: it is the rule of every region that has none of its own",
        )


def _limits(row: Row) -> Iterator[Fault]:
    is_exempt = row["is_exempt"].lower() == "true"
    for column in _LIMITS:
        if is_exempt and row[column]:
            yield fault_in(row, f"{column} is 「{row[column]}」 in a row that is exempt", "leave the limits empty")
        elif not is_exempt and not (row[column].isascii() and row[column].isdigit()):
            yield fault_in(row, f"{column} is 「{row[column]}」", "write a whole number, or is_exempt true")
