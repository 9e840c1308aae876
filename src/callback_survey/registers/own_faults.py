"""What can be wrong with an instance's own registers as such: files and columns that are none, and rows that override nothing."""

from __future__ import annotations

import difflib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from callback_survey import register_layers
from callback_survey.register_layers import KINDS, Kind, Origins
from callback_survey.registers import rows
from callback_survey.registers.faults import Fault, fault_in
from callback_survey.registers.rows import Row

# Registers of which a check that says more finds two rows for one thing.
_COMPARED_ELSEWHERE = (
    "annex_figures",
    "answer_spellings",
    "answers",
    "definition_periods",
    "departments",
    "disclosure_rules",
    "disposition_spellings",
    "mark_spellings",
    "question_headers",
    "regions",
)

# What a row names in another register, where no other check looks: register, column, and the register that must have it.
_REFERENCES = (
    ("annex_figures", "measure", "measures"),
    ("annex_figures", "answer_code", "answers"),
    ("annex_order", "region_code", "regions"),
    ("annex_order", "measure", "measures"),
    ("annex_order", "department_code", "departments"),
    ("assessment_rules", "region_code", "regions"),
    ("assessment_rules", "rule_code", "assessment_weights"),
    ("assessment_weights", "rule_code", "assessment_rules"),
    ("assessment_weights", "measure", "measures"),
    ("benchmarks", "region_code", "regions"),
    ("benchmarks", "measure", "measures"),
    ("disposition_spellings", "disposition_code", "dispositions"),
    ("follow_up_rules", "answer_code", "answers"),
    ("measure_definitions", "measure", "measures"),
    ("published_notices", "region_code", "regions"),
    ("reason_spellings", "reason_code", "reason_codes"),
    ("sample_plan_rules", "region_code", "regions"),
    ("thresholds", "measure", "measures"),
)


# Registers whose key stands for several things at one time: a name stays with both departments that shared it.
_SHARED = ("department_aliases",)
# What a row says in one of so many words, where no other check looks.
_CHOICES = (
    ("assessment_rules", "conversion", ("linear",)),
    ("check_rules", "severity", ("fail", "warn")),
    ("department_successions", "succession_type", ("merge", "split", "replacement")),
    ("dispositions", "aapor_class", ("I", "P", "R", "NC", "UO", "NE", "O")),
    ("nothing_spellings", "answer_code", ("dont_know", "refused_answer", "blank")),
    ("sample_plan_rules", "size_rule", ("everyone", "fixed", "percent")),
)


def strangers(seeds: Path) -> Iterator[Fault]:
    """Rows that name a region, measure, answer and the like that its own register does not have."""
    known: dict[tuple[str, str], set[str]] = {}
    for name, column, other in _REFERENCES:
        if (other, column) not in known:
            known[other, column] = {row[column] for row in rows.read(seeds, other)}
        for row in rows.read(seeds, name):
            if row[column] and row[column] not in known[other, column]:
                nearest = _nearest(row[column], known[other, column])
                told = f"{column} 「{row[column]}」 is not in {other}.csv{nearest}"
                yield fault_in(row, told, "correct it, or add its row there first")


def folder(seeds: Path) -> Iterator[Fault]:
    """Of an instance's folder: files that no register has, columns that a register does not have, and rows that would change
    a key that is not there, where keys are a part of the code."""
    found = register_layers.origins(seeds)
    for path in sorted(found.own.glob("*.csv")) if found else []:
        assert found is not None
        if path.stem not in KINDS:
            yield _fault(
                path, f"no register has this name{_nearest(path.stem, KINDS)}", "rename the file, or remove it"
            )
        else:
            yield from _columns(path, found)
            if not KINDS[path.stem].is_extensible:
                yield from _unknown_keys(path, found)


def assessments(seeds: Path) -> Iterator[Fault]:
    """Two rules by which a region's points are counted at one time."""
    by_region: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows.read(seeds, "assessment_rules"):
        by_region[row["region_code"]].append(row)
    for found in by_region.values():
        for one, other in itertools.combinations(found, 2):
            if one["rule_code"] != other["rule_code"] and one.period.common(other.period) is not None:
                told = f"the rule {one['rule_code']} on line {one.line} holds for the region at the same time"
                yield fault_in(
                    other, told, "end the earlier one (valid_to) in the quarter before the later one's valid_from", one
                )


def choices(seeds: Path) -> Iterator[Fault]:
    """Words of which the models know all, and that are none of these."""
    for name, column, words in _CHOICES:
        for row in rows.read(seeds, name):
            if row[column] not in words:
                told = f"{column} is 「{row[column]}」{_nearest(row[column], words)}"
                yield fault_in(row, told, f"write one of {', '.join(words)}")


def doubled(seeds: Path) -> Iterator[Fault]:
    """Two rows of a register for one thing at one time; of what may share a key, the same row twice."""
    for name in sorted({*KINDS} - {*_COMPARED_ELSEWHERE}):
        by_key: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows.read(seeds, name):
            columns = row.cells if KINDS[name].is_set or name in _SHARED else KINDS[name].key
            by_key[tuple(row[column] for column in columns)].append(row)
        for key, found in by_key.items():
            for one, other in itertools.combinations(found, 2):
                if one.period.common(other.period) is not None:
                    told = (
                        f"「{' / '.join(key)}」 is also on line {one.line}"
                        if key
                        else f"it holds beside line {one.line}"
                    )
                    yield fault_in(other, told, "remove one of the two rows, or end the earlier one (valid_to)", one)


def _columns(path: Path, found: Origins) -> Iterator[Fault]:
    header = register_layers.read_table(path).header
    known = register_layers.read_table(found.shipped / path.name).header
    for column in header:
        if column not in known:
            told = f"the register has no column 「{column}」{_nearest(column, known)}"
            yield _fault(path, told, f"the columns are {', '.join(known)}; one that is as shipped may be left out")
    for column in KINDS[path.stem].key:
        if column not in header:
            yield _fault(path, f"the column {column} is missing: it says which row is meant", "add the column")


def _unknown_keys(path: Path, found: Origins) -> Iterator[Fault]:
    kind = KINDS[path.stem]
    shipped = {_key(kind, cells) for _, cells in register_layers.read_table(found.shipped / path.name).cells()}
    for line, cells in register_layers.read_table(path).cells():
        key = _key(kind, cells)
        if key not in shipped:
            told = f"「{key}」 is not there to be overridden{_nearest(key, shipped)}"
            yield _fault(path, told, "rows of this register come with the code: name one of them", line)


def _key(kind: Kind, cells: dict[str, str]) -> str:
    return " / ".join(cells.get(column, "") for column in kind.key)


def _nearest(word: str, known: Iterable[str]) -> str:
    nearest: Sequence[str] = difflib.get_close_matches(word, list(known), n=1)
    return f"; nearest: {nearest[0]}" if nearest else ""


def _fault(path: Path, what: str, next_step: str, line: int = 1) -> Fault:
    file = f"{path.parent.name}/{path.name}"
    return Fault(f"{file} line {line}: {what}", (file,), next_step)
