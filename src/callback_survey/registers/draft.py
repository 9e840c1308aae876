"""A draft of the register of a region that has none, made of the department names in its frame, or in printed annexes where it has no
frame, for a person to go through.

Nothing is merged here: 农业局 and 农水局 resemble each other and are two offices. What resembles is asked about.
"""

from __future__ import annotations

import difflib
import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from callback_survey.cell_text import visible
from callback_survey.deliveries import delivery as deliveries
from callback_survey.deliveries.delivery import Delivery
from callback_survey.deliveries.formats import open_tables
from callback_survey.deliveries.headers import HeaderNotRecognised, name_key
from callback_survey.deliveries.table import Unreadable
from callback_survey.errors import UsageError
from callback_survey.privacy import holds_personal_number
from callback_survey.registers import rows
from callback_survey.registers.names import Register
from callback_survey.registers.questions import datasets_of_any_region
from callback_survey.scope import Scope

# A column with more names, or with names this long, is not one of departments.
_MOST_NAMES, _LONGEST_NAME = 1_000, 60
_SIMILAR = 0.75
_ALLOWING = "callback-survey register propose --without-manifest"
_SHORTEST_ABBREVIATION = 4


@dataclass
class Names:
    """The department names of a delivery: how often each spelling stands in it, by the key that spellings share. `source` is where:
    in the frame, or in annexes."""

    source: Literal["frame", "annex"] = "frame"
    row_count: int = 0
    unnamed_count: int = 0
    unusable_count: int = 0
    spellings: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def count(self, names: Iterable[str | None]) -> None:
        for name in (visible(name or "") for name in names):
            self.row_count += 1
            key = name_key(name)
            if not key:
                self.unnamed_count += 1
            elif len(key) > _LONGEST_NAME or holds_personal_number(key):
                self.unusable_count += 1
            else:
                self.spellings[key][" ".join(name.split())] += 1


@dataclass(frozen=True)
class Proposed:
    """A name that the register does not know, under a code of its own. `spellings` are all forms, the most often first."""

    code: str
    name: str
    spellings: tuple[tuple[str, int], ...]

    @property
    def row_count(self) -> int:
        return sum(count for _, count in self.spellings)


@dataclass(frozen=True)
class Question:
    """Two names that resemble each other. `other_code` is of the one that stands in the frame more often, or is known."""

    proposed: Proposed
    other_name: str
    other_code: str
    differ_in_signs_only: bool


@dataclass(frozen=True)
class Draft:
    """What to add to the registers, and what to ask before. `known_count`: names of the delivery that the register has."""

    region_code: str
    quarter: str
    names: Names
    regions: tuple[tuple[str, ...], ...]
    departments: tuple[Proposed, ...]
    questions: tuple[Question, ...]

    @property
    def known_count(self) -> int:
        return len(self.names.spellings) - len(self.departments)


def read_names(delivery: Delivery, work: Path, seeds: Path, *, is_manifest_optional: bool = False) -> Names:
    """The names in the frame of a delivery, row by row, or in its annexes where these are all that was sent; no other column leaves the
    reader. `work` is for what has to be unpacked. Raises DeliveryRefused where the delivery cannot be read, and UsageError where it has
    neither or a department column holds something else."""
    found = {"frame": Names("frame"), "published": Names("annex")}
    known = datasets_of_any_region(seeds)
    read: set[str] = set()
    for file in deliveries.verify(delivery, is_manifest_optional=is_manifest_optional, allowing=_ALLOWING).files:
        try:
            for table in open_tables(file.path, work, known=known).tables:
                if (names := found.get(table.dataset)) is not None:
                    read.add(table.dataset)
                    for batch in table.batches(["department_name"]):
                        names.count(batch.column("department_name").to_pylist())
                        _verify(names, delivery)
        except (Unreadable, HeaderNotRecognised) as error:
            told = f"{file.path.name}: {error}"
            raise deliveries.refused(delivery, f"{file.path.name} cannot be read", [told]) from error
    if not read:
        raise _unfit(
            delivery,
            "the delivery has neither a frame nor annexes",
            "put the frame into the folder, the list of cases with their departments; then callback-survey manifest",
        )
    return found["frame" if "frame" in read else "published"]


def propose(names: Names, seeds: Path, scope: Scope) -> Draft:
    """A draft of what the registers lack for these names. Codes go on after the last one the region ever used."""
    known = Register.read(seeds, scope)
    new = [key for key in names.spellings if key not in known.names]
    new.sort(key=lambda key: (-names.spellings[key].total(), key))
    first = _last_number(seeds, scope.region_code) + 1
    departments = tuple(
        _proposed(f"{scope.region_code}-{number:03d}", names.spellings[key])
        for number, key in enumerate(new, start=first)
    )
    return Draft(
        scope.region_code,
        scope.quarter,
        names,
        tuple(_missing_regions(seeds, scope.region_code)),
        departments,
        tuple(_questions(departments, _known_names(seeds, scope))),
    )


def _verify(names: Names, delivery: Delivery) -> None:
    if len(names.spellings) > _MOST_NAMES:
        raise _unfit(
            delivery,
            f"the department column of the {names.source} holds more than {_MOST_NAMES:,} different names",
            "check the file: the columns may be swapped",
        )


def _unfit(delivery: Delivery, what: str, next_step: str) -> UsageError:
    return UsageError(
        f"{delivery.name}: {what}",
        where=str(delivery.folder),
        expected="a frame or annexes with a column of department names (部门名称)",
        next_step=next_step,
        region_code=delivery.region_code,
        quarter=delivery.quarter,
    )


def _proposed(code: str, spellings: Counter[str]) -> Proposed:
    often = sorted(spellings.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    return Proposed(code, _clean(often[0][0]), tuple(often))


def _clean(name: str) -> str:
    """Without the spaces that a line break or padding left between Chinese characters; between Latin words they stay."""
    return re.sub(r"(?<![A-Za-z0-9]) | (?![A-Za-z0-9])", "", name)


def _last_number(seeds: Path, region_code: str) -> int:
    codes = [row["department_code"] for row in rows.read(seeds, "departments")]
    numbers = [re.fullmatch(f"{region_code}-([0-9]+)", code) for code in codes]
    return max((int(number[1]) for number in numbers if number), default=0)


def _missing_regions(seeds: Path, region_code: str) -> list[tuple[str, ...]]:
    """Rows of regions.csv for the region and those above it, as far as they are not there; without names, which a code
    does not tell. 123456: the first two digits are the province, the first four the city."""
    known = {row["region_code"] for row in rows.read(seeds, "regions")}
    return [row for row in lineage_rows(region_code) if row[0] not in known]


def lineage_rows(region_code: str, names: Sequence[str] = ()) -> list[tuple[str, ...]]:
    """Rows of regions.csv for a region and the divisions above it, from the top down, with the `names` that are given."""
    province, city = f"{region_code[:2]}0000", f"{region_code[:4]}00"
    lineage = [(province, "", "province"), (city, province, "city"), (region_code, city, "district")]
    depth = 1 if region_code == province else 2 if region_code == city else 3
    # how many districts a city has, and what the signs are used for, is for a person to enter
    return [
        (code, name, parent, level, "true" if code == region_code else "false", "", "")
        for (code, parent, level), name in zip(lineage[:depth], [*names, "", "", ""], strict=False)
    ]


def _known_names(seeds: Path, scope: Scope) -> dict[str, str]:
    """Names of the departments that the register has in the quarter, with their codes."""
    return {
        row["department_name"]: row["department_code"]
        for row in rows.read(seeds, "departments")
        if row["region_code"] == scope.region_code and row.period.holds_in(scope.quarter)
    }


def _questions(departments: Sequence[Proposed], known: dict[str, str]) -> Iterator[Question]:
    """Each proposed name beside those before it, which stand in the frame at least as often, and beside the known ones."""
    for position, proposed in enumerate(departments):
        others = itertools.chain(known.items(), ((other.name, other.code) for other in departments[:position]))
        for name, code in others:
            differ_in_signs_only = _bare(proposed.name) == _bare(name)
            if differ_in_signs_only or _resemble(proposed.name, name):
                yield Question(proposed, name, code, differ_in_signs_only)


def _resemble(one: str, other: str) -> bool:
    matcher = difflib.SequenceMatcher(None, name_key(one), name_key(other), autojunk=False)
    if matcher.real_quick_ratio() >= _SIMILAR and matcher.quick_ratio() >= _SIMILAR and matcher.ratio() >= _SIMILAR:
        return True
    short, long = sorted((name_key(one), name_key(other)), key=len)
    return len(short) >= _SHORTEST_ABBREVIATION and _is_within(short, long)


def _is_within(short: str, long: str) -> bool:
    """Whether all characters of the one stand in the other in their order, as 区人社局 in 区人力资源和社会保障局."""
    rest = iter(long)
    return all(character in rest for character in short)


def _bare(name: str) -> str:
    """Letters and digits alone: parentheses, dots and compatibility forms are how a name is written, not which it is."""
    return "".join(character for character in unicodedata.normalize("NFKC", name) if character.isalnum()).lower()
