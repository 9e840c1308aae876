"""What can be wrong with the registers of regions and departments."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callback_survey.deliveries.headers import name_key
from callback_survey.register_layers import KINDS
from callback_survey.registers import rows
from callback_survey.registers.faults import Fault, fault_in
from callback_survey.registers.rows import Period, Row

_WITH_PERIODS = (*(name for name, kind in KINDS.items() if kind.has_periods), "department_successions")
_LEVELS = ("district", "city", "province")
# what fits below the list of a notice
_LONGEST_SIGN_USE = 200


@dataclass(frozen=True)
class _Name:
    """A name under which a department is known in a period; `row` is where it stands."""

    written: str
    code: str
    period: Period
    row: Row

    @property
    def place(self) -> str:
        return f"{self.code}, {self.row.place}"


def periods(seeds: Path) -> Iterator[Fault]:
    """Periods that end before they begin."""
    for name in _WITH_PERIODS:
        for row in rows.read(seeds, name):
            if row["valid_to"] and row["valid_from"] > row["valid_to"]:
                written = f"valid from {row['valid_from']} to {row['valid_to']}"
                yield fault_in(row, f"{written}: it ends before it begins", "both quarters are inclusive; correct one")


def regions(seeds: Path) -> Iterator[Fault]:
    """Regions twice, without a name, of no known level, or below a division that is not above them."""
    known: dict[str, Row] = {}
    for row in rows.read(seeds, "regions"):
        code = row["region_code"]
        if code in known:
            yield fault_in(row, f"region {code} is also on line {known[code].line}", "remove one of the two rows")
        known[code] = row
        if not re.fullmatch("[0-9]{6}", code):
            yield fault_in(row, f"「{code}」 is not a region code", "write its six digits, such as 123456")
        if not row["region_name"].strip():
            yield fault_in(row, f"region {code} has no name", "write the name of the division")
        if row["region_level"] not in _LEVELS:
            yield fault_in(
                row, f"region {code} has the level 「{row['region_level']}」", f"write one of {', '.join(_LEVELS)}"
            )
        yield from _district_count(row)
        if any(character in row["sign_use"] for character in "\r\n") or len(row["sign_use"]) > _LONGEST_SIGN_USE:
            yield fault_in(
                row,
                f"sign_use of region {code} is no sentence of at most {_LONGEST_SIGN_USE} characters on one line",
                "write what the signs are used for in a sentence, or nothing",
            )
    for code, row in known.items():
        listed = sum(_is_below(other, code, known) for other in known.values() if other["region_level"] == "district")
        if row["district_count"].isdigit() and int(row["district_count"]) < listed:
            yield fault_in(
                row,
                f"region {code} has {row['district_count']} districts, and {listed} of them are listed",
                "write how many districts the division has in all",
            )
        parent = known.get(row["parent_region_code"])
        if row["parent_region_code"] and parent is None:
            yield fault_in(
                row, f"region {code} belongs to {row['parent_region_code']}, which is not listed", "add a row for it"
            )
        elif parent is not None and _rank(parent) <= _rank(row):
            yield fault_in(
                row,
                f"region {code} ({row['region_level']}) belongs to {parent['region_code']} ({parent['region_level']})",
                "a district belongs to a city or directly to a province; a city belongs to a province",
            )


def _district_count(row: Row) -> Iterator[Fault]:
    count = row["district_count"]
    if row["region_level"] == "district" and count:
        yield fault_in(row, f"a district has the district_count 「{count}」", "leave it empty: a district has none")
    elif count and not (count.isascii() and count.isdigit() and int(count)):
        yield fault_in(
            row,
            f"the district_count 「{count}」 is no number of districts",
            "write how many districts the division has, or nothing",
        )


def _is_below(row: Row, code: str, known: Mapping[str, Row]) -> bool:
    """Whether a region lies below another; a circle in the register is another fault, and ends here."""
    passed: set[str] = set()
    above = row["parent_region_code"]
    while above and above not in passed:
        if above == code:
            return True
        passed.add(above)
        parent = known.get(above)
        above = parent["parent_region_code"] if parent is not None else ""
    return False


def departments(seeds: Path) -> Iterator[Fault]:
    """Codes that are used twice, and rows that name a region or department that is not there."""
    known_regions = {row["region_code"] for row in rows.read(seeds, "regions")}
    by_code: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows.read(seeds, "departments"):
        by_code[row["department_code"]].append(row)
        if row["region_code"] not in known_regions:
            yield fault_in(
                row, f"region {row['region_code']} is not in regions.csv", "add the region and the regions above it"
            )
        if not name_key(row["department_name"]) or not row["department_code"]:
            yield fault_in(row, "the department has no name or no code", "write both")
    for code, found in by_code.items():
        for one, other in itertools.combinations(found, 2):
            if one.cells == other.cells:
                yield fault_in(other, f"「{code}」 is also on line {one.line}", "remove one of the two rows")
            elif one["region_code"] != other["region_code"]:
                regions_named = f"of {one['region_code']} (line {one.line}) and of {other['region_code']}"
                yield fault_in(other, f"code {code} is {regions_named}", "give one of them a code of its own")
            elif both := one.period.common(other.period):
                names_told = f"both {one['department_name']} (line {one.line}) and {other['department_name']}"
                yield Fault(
                    f"{other.place}: code {code} is {names_told} at once, from {both.shown_first} on",
                    (other.file,),
                    "after a rename, end the old row (valid_to) in the quarter before the new one's valid_from; "
                    "two departments need two codes",
                    one["region_code"],
                    both.first,
                )
    for row in rows.read(seeds, "department_aliases"):
        owners = by_code.get(row["department_code"], [])
        if not any(owner["region_code"] == row["region_code"] for owner in owners):
            told = f"alias 「{row['alias']}」 belongs to {row['department_code']}, which is not a department of {row['region_code']}"
            yield fault_in(row, told, "name the code of a department of that region, as in departments.csv")
        elif not any(row.period.common(owner.period) for owner in owners):
            told = f"alias 「{row['alias']}」 is valid only while {row['department_code']} is not"
            yield fault_in(row, told, "correct its period, or remove it")


def names(seeds: Path) -> Iterator[Fault]:
    """Names and aliases that mean two departments of a region in one quarter. Names are compared by their folded key."""
    known: defaultdict[tuple[str, str], list[_Name]] = defaultdict(list)
    registered = rows.read(seeds, "departments")
    owners: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in registered:
        name = _Name(row["department_name"], row["department_code"], row.period, row)
        known[row["region_code"], name_key(name.written)].append(name)
        owners[row["region_code"], row["department_code"]].append(row)
    for row in rows.read(seeds, "department_aliases"):
        for owner in owners[row["region_code"], row["department_code"]]:
            # an alias of a department that has ended names nobody
            if period := row.period.common(owner.period):
                name = _Name(row["alias"], row["department_code"], period, row)
                known[row["region_code"], name_key(name.written)].append(name)
    labels = _labels(registered)
    for (region_code, key), found in known.items():
        if not key:
            continue
        told = set()
        for one, other in itertools.combinations(found, 2):
            both = one.period.common(other.period)
            if one.code != other.code and both is not None and (one.row.place, other.row.place) not in told:
                told.add((one.row.place, other.row.place))
                yield _ambiguous(region_code, one, other, both, labels)


def successions(seeds: Path) -> Iterator[Fault]:
    """Successions between departments that do not end and begin where it says."""
    registered = rows.read(seeds, "departments")
    by_code: defaultdict[str, list[Row]] = defaultdict(list)
    for row in registered:
        by_code[row["department_code"]].append(row)
    labels = _labels(registered)
    for row in rows.read(seeds, "department_successions"):
        before, after = row["predecessor_code"], row["successor_code"]
        strangers = [
            code
            for code in (before, after)
            if not any(found["region_code"] == row["region_code"] for found in by_code[code])
        ]
        if strangers:
            told = f"{', '.join(strangers)}: not a department of {row['region_code']}"
            yield fault_in(row, told, "register both departments first, the new one with a new code")
        elif before == after:
            yield fault_in(
                row,
                f"{before} follows itself",
                "a department that only changed its name keeps its code and needs no row",
            )
        elif not row["valid_from"]:
            yield fault_in(
                row, f"{after} follows {before}, but no first quarter is given", "write the successor's first quarter"
            )
        else:
            yield from _unfit(row, by_code[before], by_code[after], labels)


def _unfit(row: Row, before: Sequence[Row], after: Sequence[Row], labels: dict[str, str]) -> Iterator[Fault]:
    quarter, old, new = row["valid_from"], row["predecessor_code"], row["successor_code"]
    lasting = [found for found in before if found.period.last >= quarter]
    if lasting:
        yield fault_in(
            row,
            f"{labels[old]} ({old}) must end when {labels[new]} ({new}) begins, {quarter}, but {lasting[0].place} goes on",
            f"end its row (valid_to) in the quarter before {quarter}",
            *lasting,
        )
    if min(found.period.first for found in after) != quarter:
        first = min(after, key=lambda found: found.period.first)
        yield fault_in(
            row,
            f"{labels[new]} ({new}) takes over in {quarter}, but begins in {first.period.shown_first} ({first.place})",
            "write the same quarter in both; a department that existed before needs a new code to take over",
            first,
        )


def _ambiguous(region_code: str, one: _Name, other: _Name, both: Period, labels: dict[str, str]) -> Fault:
    return Fault(
        f"{region_code}: 「{other.written}」 means two departments from {both.shown_first} on: "
        f"{labels[one.code]} ({one.place}) and {labels[other.code]} ({other.place})",
        tuple(dict.fromkeys((one.row.file, other.row.file))),
        "a name means one department at a time: end the row that no longer holds (valid_to), or remove it",
        region_code,
        both.first,
    )


def _labels(registered: Sequence[Row]) -> dict[str, str]:
    """The latest name of each code, to tell it by."""
    return {row["department_code"]: row["department_name"] for row in registered}


def _rank(region: Row) -> int:
    return _LEVELS.index(region["region_level"]) if region["region_level"] in _LEVELS else len(_LEVELS)
