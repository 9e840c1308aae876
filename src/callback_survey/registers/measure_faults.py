"""What can be wrong with the registers of measures, their definitions and scales."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from callback_survey.deliveries.headers import dataset, fold
from callback_survey.quarter import Quarter
from callback_survey.registers import rows
from callback_survey.registers.definitions import lineage_of, period_in, question_of_scales
from callback_survey.registers.faults import Fault, fault_in
from callback_survey.registers.rows import ALWAYS, EVER, Row
from callback_survey.storage.spreadsheet import is_true


def names(seeds: Path) -> Iterator[Fault]:
    """Measures of one name: nobody could tell them apart, in a notice or in a check."""
    known: dict[str, Row] = {}
    for row in rows.read(seeds, "measures"):
        if first := known.get(row["measure_name"]):
            told = f"the measure {row['measure']} is called 「{row['measure_name']}」, and so is {first['measure']} on line {first.line}"
            yield fault_in(row, told, "give each a name of its own", first)
        known.setdefault(row["measure_name"], row)


def scales(seeds: Path) -> Iterator[Fault]:
    """Answers of two scales under one code, scales without answers, and words that stand for two answers of one scale."""
    answers: dict[str, Row] = {}
    placed: dict[tuple[str, str], Row] = {}
    for row in rows.read(seeds, "answers"):
        if other := placed.get((row["scale"], row["answer_order"])):
            told = f"answer {row['answer_code']} stands in the place of {other['answer_code']} on line {other.line}"
            yield fault_in(row, told, "number the answers of a scale from best to worst", other)
        placed.setdefault((row["scale"], row["answer_order"]), row)
        if first := answers.get(row["answer_code"]):
            told = f"answer {row['answer_code']} of {row['scale']} is one of {first['scale']} too (line {first.line})"
            yield fault_in(row, told, "give it a code of its own: the same word is another answer on another scale")
        answers.setdefault(row["answer_code"], row)
    known = {row["scale"]: row for row in rows.read(seeds, "scales")}
    asked: dict[str, Row] = {}
    for row in answers.values():
        first = asked.setdefault(row["scale"], row)
        if row["question"] != first["question"]:
            told = f"the scale {row['scale']} answers {row['question']}, and {first['question']} on line {first.line}"
            yield fault_in(row, told, "name one question for the answers of a scale")
        if row["scale"] not in known:
            yield fault_in(
                row, f"the scale {row['scale']} of {row['answer_code']} is not in scales.csv", "add it there"
            )
    with_answers = {row["scale"] for row in answers.values()}
    for scale, row in known.items():
        if scale not in with_answers:
            yield fault_in(row, f"the scale {scale} has no answers", "add them to answers.csv, with their order")
    spelt: dict[tuple[str, str], Row] = {}
    open_ended: dict[str, Row] = {}
    for row in rows.read(seeds, "answer_spellings"):
        if is_true(row["is_or_more"]):
            yield from _open_ended(row, open_ended)
        answer = answers.get(row["answer_code"])
        if answer is None or answer["scale"] != row["scale"]:
            yield fault_in(
                row,
                f"「{row['spelling']}」 is {row['answer_code']}, which is not an answer of {row['scale']}",
                "correct one of them",
            )
        yield from _spelt_twice(spelt, (row["scale"], fold(row["spelling"])), row, row["scale"])
    yield from _unspelt([row for row in answers.values() if row["scale"] in known], spelt)
    for row in rows.read(seeds, "disposition_spellings"):
        yield from _spelt_twice(spelt, ("", fold(row["spelling"])), row, "the dispositions")
    marks: dict[tuple[str, str], Row] = {}
    for row in rows.read(seeds, "mark_spellings"):
        yield from _spelt_twice(marks, ("", fold(row["spelling"])), row, "the marks")


def _unspelt(answers: Iterable[Row], spelt: Mapping[tuple[str, str], Row]) -> Iterator[Fault]:
    """Answers whose own word landing would reject, or take for another one."""
    for row in answers:
        code = row["answer_code"]
        held = spelt.get((row["scale"], fold(row["answer_label"])))
        if held is None:
            told = (
                f"「{row['answer_label']}」, the answer {code}, is in no row of answer_spellings.csv, "
                "so every such answer would be rejected"
            )
            yield fault_in(row, told, f"add to answer_spellings.csv: {_spelling_of(row)}")
        elif held["answer_code"] != code:
            told = f"「{row['answer_label']}」, the answer {code}, is read as {held['answer_code']} (line {held.line})"
            yield fault_in(row, told, f"correct it in answer_spellings.csv: {_spelling_of(row)}", held)


def _spelling_of(answer: Row) -> str:
    return f"{answer['scale']},{answer['answer_label']},{answer['answer_code']},false"


def definitions(seeds: Path) -> Iterator[Fault]:
    """Definitions without successes, successes that are no answers of the scale, and periods that overlap or leave gaps."""
    scales_of: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows.read(seeds, "answers"):
        scales_of[row["answer_code"]].add(row["scale"])
    known = {(row["measure"], row["measure_definition"]): row for row in rows.read(seeds, "measure_definitions")}
    counted = set()
    for row in rows.read(seeds, "measure_successes"):
        definition = known.get((row["measure"], row["measure_definition"]))
        if definition is None:
            yield fault_in(row, f"{_name(row)} is not in measure_definitions.csv", "add it there, with its scale")
        elif definition["scale"] not in scales_of[row["answer_code"]]:
            told = (
                f"{_name(row)} counts {row['answer_code']}, which is not an answer of its scale {definition['scale']}"
            )
            yield fault_in(row, told, "name an answer of that scale, or correct the scale", definition)
        counted.add((row["measure"], row["measure_definition"]))
    known_scales = {row["scale"] for row in rows.read(seeds, "scales")}
    for key, definition in known.items():
        if definition["scale"] not in known_scales:
            yield fault_in(
                definition, f"the scale {definition['scale']} is not in scales.csv", "add it, with its answers"
            )
        if key not in counted:
            yield fault_in(
                definition, f"{_name(definition)} counts no answer", "add its answers to measure_successes.csv"
            )
    by_measure: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows.read(seeds, "definition_periods"):
        by_measure[row["measure"]].append(row)
        if (row["measure"], row["measure_definition"]) not in known:
            yield fault_in(row, f"{_name(row)} is not in measure_definitions.csv", "add it there, with its scale")
    known_regions = {row["region_code"] for row in rows.read(seeds, "regions")}
    for measure in rows.read(seeds, "measures"):
        yield from _overlaps(by_measure[measure["measure"]], known_regions)
        yield from _gaps(measure, by_measure[measure["measure"]])


def questions(seeds: Path) -> Iterator[Fault]:
    """Measures of one question that are read on two scales at once: an answer can only be one of them."""
    scale_of = {
        (row["measure"], row["measure_definition"]): row["scale"] for row in rows.read(seeds, "measure_definitions")
    }
    question_of = question_of_scales(seeds)
    periods = rows.read(seeds, "definition_periods")
    known_regions = rows.read(seeds, "regions")
    by_measure: defaultdict[str, list[Row]] = defaultdict(list)
    for row in periods:
        by_measure[row["measure"]].append(row)
    places = sorted({row["region_code"] for row in periods})
    quarters = sorted({row.period.first for row in periods})
    for place, quarter in itertools.product(places, quarters):
        lineage = lineage_of(known_regions, place) if place else [""]
        held_by: defaultdict[str, list[tuple[str, Row]]] = defaultdict(list)
        for own in by_measure.values():
            if (held := period_in(own, lineage, quarter)) is None:
                continue
            scale = scale_of.get((held["measure"], held["measure_definition"]))
            if scale in question_of:
                held_by[question_of[scale]].append((scale, held))
        for question, found in held_by.items():
            if len({scale for scale, _ in found}) == 1:
                continue
            told = ", ".join(f"{_name(row)} ({row.place})" for _, row in found)
            yield Fault(
                f"{place or 'everywhere'}: the question {question} is read on two scales from {quarter} on: {told}",
                (found[0][1].file,),
                "measures of one question change their scale in the same quarter",
                place or None,
                quarter,
            )


def question_headers(seeds: Path) -> Iterator[Fault]:
    """Questions without a header, and headers that mean two columns or are no pattern."""
    question_of = question_of_scales(seeds)
    asked = {question_of.get(row["scale"], ""): row for row in rows.read(seeds, "measure_definitions")}
    asked |= {row["question"]: row for row in rows.read(seeds, "measures")}
    asked.pop("", None)
    column_of = {header: column.name for column in dataset("calls").columns for header in column.headers}
    named: set[str] = set()
    seen: dict[str, Row] = {}
    for row in rows.read(seeds, "question_headers"):
        header = row["header"]
        if row["question"] not in asked:
            yield fault_in(row, f"no measure reads the question {row['question']}", "name a question of measures.csv")
        if is_true(row["is_pattern"]):
            try:
                re.compile(header)
            except re.error:
                told = f"「{header}」 is no regular expression"
                yield fault_in(row, told, "correct it, or write false in is_pattern")
            yield from _header_twice(seen, header, row)
            continue
        named.add(row["question"])
        if column := column_of.get(fold(header)):
            yield fault_in(row, f"「{header}」 is a header of the column {column}", "two columns cannot share a header")
        yield from _header_twice(seen, fold(header), row)
    for question, measure in asked.items():
        if question not in named:
            told = f"the question {question} has no header in question_headers.csv"
            yield fault_in(measure, told, "add the header under which exports bring its answers")


def _header_twice(seen: dict[str, Row], header: str, row: Row) -> Iterator[Fault]:
    if first := seen.get(header):
        told = f"「{row['header']}」 stands on line {first.line} too, as a header of {first['question']}"
        yield fault_in(row, told, "two columns cannot share a header")
    seen.setdefault(header, row)


def _open_ended(row: Row, known: dict[str, Row]) -> Iterator[Fault]:
    """From which number on every number is one answer: one of a scale, and a number."""
    if not re.fullmatch("[0-9]{1,9}", fold(row["spelling"])):
        told = f"「{row['spelling']}」 is no whole number, from which on all others are {row['answer_code']}"
        yield fault_in(row, told, "write digits, or false in is_or_more")
        return
    first = known.setdefault(row["scale"], row)
    if first is not row:
        told = f"the scale {row['scale']} has a number from which on all others are one answer on line {first.line} too"
        yield fault_in(row, told, "write true in is_or_more of one of them")


def _spelt_twice(spelt: dict[tuple[str, str], Row], key: tuple[str, str], row: Row, of_what: str) -> Iterator[Fault]:
    if first := spelt.get(key):
        told = f"「{row['spelling']}」 is also on line {first.line}, for {of_what}"
        yield fault_in(row, told, "remove one: width, spaces and case make no difference")
    spelt.setdefault(key, row)


def _overlaps(periods: Sequence[Row], known_regions: set[str]) -> Iterator[Fault]:
    for row in periods:
        if row["region_code"] and row["region_code"] not in known_regions:
            yield fault_in(
                row, f"region {row['region_code']} is not in regions.csv", "add the region and the regions above it"
            )
    for one, other in itertools.combinations(periods, 2):
        both = one.period.common(other.period)
        if one["region_code"] == other["region_code"] and both is not None:
            yield Fault(
                f"{other.place}: {_name(one)} (line {one.line}) and {_name(other)} are both valid "
                f"{'in ' + one['region_code'] if one['region_code'] else 'everywhere'} from {both.shown_first} on",
                (other.file,),
                "end the earlier one (valid_to) in the quarter before the later one's valid_from",
                one["region_code"] or None,
                both.first,
            )


def _gaps(measure: Row, periods: Sequence[Row]) -> Iterator[Fault]:
    """The general periods of a measure follow each other without a gap: a region never has no definition at all. A measure that has
    rows of regions only is asked in these alone."""
    general = sorted((row for row in periods if not row["region_code"]), key=lambda row: row.period.first)
    next_step = "cover all quarters with rows without a region: the first without valid_from, the last without valid_to"
    files = ("definition_periods.csv",)
    if not general and periods:
        return
    if not general:
        yield Fault(f"definition_periods.csv: {measure['measure']} has no row", files, next_step)
        return
    if general[0].period.first != EVER:
        yield fault_in(
            general[0], f"{measure['measure']} has no definition before {general[0].period.first}", next_step
        )
    if max(row.period.last for row in general) != ALWAYS:
        yield fault_in(
            general[-1], f"{measure['measure']} has no definition after {general[-1].period.last}", next_step
        )
    for one, other in itertools.pairwise(general):
        if one.period.last >= other.period.first:
            continue
        missing = str(Quarter.parse(one.period.last).next())
        if missing != other.period.first:
            told = f"{measure['measure']} has no definition from {missing} to the quarter before"
            yield fault_in(other, f"{told} {other.period.first}", next_step)


def _name(row: Row) -> str:
    return f"{row['measure']} / {row['measure_definition']}"
