"""The one place where a frame is handed to Great Expectations, and where its answers are read.

Four habits of the library are met here (docs/decisions.md): an exception looks like bad data, an empty frame passes, the
order of results is not that of the suite, and values come back as numpy types.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from callback_survey.cell_text import cell_text, one_line
from callback_survey.checks.model import Check, CheckResult, Outcome, Rule
from callback_survey.privacy import mask
from callback_survey.settings import RUNBOOKS

if TYPE_CHECKING:
    import pandas as pd

EXAMPLE_COUNT = 10
# so many regions at most in one validation: what is put together is held as Python's objects
_MOST_TOGETHER = 100
# beside the facts of several regions: whose a row is, and which it is there
_PLACE, _ROW = "_place", "_row"
# our two severities in the library's words
_SEVERITIES = {"fail": "critical", "warn": "warning"}
# What is not one name but several in a list, or a sentence of ours about a file, may be longer than a name.
_LIST_CHARACTERS = 300
# What Great Expectations imports for the divergence of distributions and for notebooks: a third of its import.
_DEFERRED = ("scipy.stats", "altair")
# And what it takes along where it is installed, though no check uses it: SQLAlchemy, a seventh of its import, and Spark's client,
# which costs a second, a warning, and in a program given by `-c` its end.
_LEFT_OUT = ("sqlalchemy", "pyspark")


class _Deferred(ModuleType):
    """Stands for a module until something of it is asked for. The standard `LazyLoader` imports what it stands for as soon as
    a second import asks whether it is there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def load_great_expectations() -> Any:
    """Import Great Expectations quietly: no telemetry, no progress bars, no garbage collection on the way (0.5 s), and without
    what no check of ours uses."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    gc.disable()
    hidden = [name for name in _LEFT_OUT if name not in sys.modules]
    try:
        for name in _DEFERRED:
            _defer(name)
        sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
        import great_expectations
    finally:
        for name in hidden:
            del sys.modules[name]
        gc.enable()
    return great_expectations


def _defer(name: str) -> None:
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None:
        return
    stand_in = _Deferred(name)
    stand_in.__spec__ = spec
    sys.modules[name] = stand_in


@dataclass(frozen=True)
class Asked:
    """What a gate is asked about one region's quarter: its checks, and the tables of facts that they look at, by name."""

    checks: Sequence[Check]
    facts: Mapping[str, pd.DataFrame]


# results in the order of the checks, and what Great Expectations said of each table of facts, in its own words
Answers = tuple[tuple[CheckResult, ...], tuple[dict[str, Any], ...]]


@dataclass(frozen=True)
class _Found:
    """What one expectation found in one table of facts: what raised, or whether it holds and which rows, by position, fail."""

    is_met: bool
    raised: str | None = None
    failing: Sequence[int] = ()
    # of an expectation that looks at the table as a whole
    observed: str | None = None


def run(
    checks: Sequence[Check], facts: Mapping[str, pd.DataFrame], rules: Mapping[str, Rule], *, gate: str, suite: str
) -> Answers:
    """Every check against its facts, in the order given. A check that raised, or saw no rows, has not passed."""
    return run_together([Asked(checks, facts)], rules, gate=gate, suite=suite)[0]


def run_together(asked: Sequence[Asked], rules: Mapping[str, Rule], *, gate: str, suite: str) -> tuple[Answers, ...]:
    """The same for several regions' quarters, by one validation of each table of facts for all of them: a validation costs
    more than its rows. A check is the same one wherever it is asked. What the library said is then said of all of them."""
    gx, whole = _whole_frames()
    each_once = {check.check_id: check for one in asked for check in one.checks}
    expected = expectation_suite(gx, list(each_once.values()), rules, suite)
    found: dict[tuple[int, str], _Found] = {}
    validations: dict[int, list[dict[str, Any]]] = {place: [] for place in range(len(asked))}
    for name in dict.fromkeys(name for one in asked for name in one.facts):
        looking = {check_id for check_id, check in each_once.items() if check.facts == name}
        frames = {place: one.facts[name] for place, one in enumerate(asked) if looking and len(one.facts.get(name, ()))}
        places = list(frames)
        for first in range(0, len(places), _MOST_TOGETHER):
            some = {place: frames[place] for place in places[first : first + _MOST_TOGETHER]}
            for together in _validated(gx, whole, f"{suite}.{name}", looking, expected, some):
                found |= together.found
                for place in together.places:
                    validations[place].append(together.said)
    return tuple(
        (
            tuple(
                _result_of(found.get((place, check.check_id)), check, rules[check.check_id], gate, suite, one.facts)
                for check in one.checks
            ),
            tuple(validations[place]),
        )
        for place, one in enumerate(asked)
    )


def expectation_suite(gx: Any, checks: Sequence[Check], rules: Mapping[str, Rule], name: str) -> Any:
    """A gate as an ExpectationSuite: each expectation with its rule's severity and description, and where to read what to do."""
    from great_expectations.expectations.metadata_types import FailureSeverity

    expectations = [
        check.expectation.copy(
            update={
                "severity": FailureSeverity(_SEVERITIES[rules[check.check_id].severity]),
                "description": rules[check.check_id].description,
                "meta": {
                    "check_id": check.check_id,
                    "facts": check.facts,
                    "runbook": f"{RUNBOOKS['en']}#{check.check_id}",
                },
            }
        )
        for check in checks
    ]
    return gx.ExpectationSuite(name=name, expectations=expectations)


@cache
def _whole_frames() -> tuple[Any, Any]:
    """The library, and its name for "all rows of the frame I am given": once in a process, as its context is written out as
    YAML whenever something is added to it."""
    gx = load_great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    facts = context.data_sources.add_pandas("facts").add_dataframe_asset("facts")
    return gx, facts.add_batch_definition_whole_dataframe("all")


@dataclass(frozen=True)
class _Validation:
    """One validation of a table of facts: of which regions, what was found for each, and what the library said."""

    places: Sequence[int]
    found: Mapping[tuple[int, str], _Found]
    said: dict[str, Any]


def _validated(
    gx: Any, whole: Any, name: str, looking: Set[str], expected: Any, frames: Mapping[int, pd.DataFrame]
) -> Iterator[_Validation]:
    """A table of facts of some regions, by all that the suite expects of it; where that cannot be told apart, or raises in the
    facts of one, by a validation for each."""
    part = [expectation for expectation in expected.expectations if expectation.meta["check_id"] in looking]
    with _configured_once():
        answer = whole.get_batch({"dataframe": _together(frames)}).validate(
            gx.ExpectationSuite(name=name, expectations=part),
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": [_PLACE, _ROW]},
        )
    if len(frames) > 1 and not all(map(_is_row_by_row, answer.results)):
        for place, frame in frames.items():
            yield from _validated(gx, whole, name, looking, expected, {place: frame})
        return
    found = {
        (place, one.expectation_config.meta["check_id"]): of_place
        for one in answer.results
        for place, of_place in _found(one, list(frames)).items()
    }
    yield _Validation(list(frames), found, _without_rows(answer.to_json_dict()))


def _together(frames: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """The rows of all, each with whose it is and its position. Of several, values keep the types they have where they come from."""
    import pandas as pd

    named = [frame.assign(**{_PLACE: place, _ROW: range(len(frame))}) for place, frame in frames.items()]
    return named[0] if len(named) == 1 else pd.concat([frame.astype(object) for frame in named], ignore_index=True)


def _is_row_by_row(answer: Any) -> bool:
    """Whether each row fails by itself, so that the answer for a part is that for its rows."""
    is_strict = getattr(answer.expectation_config, "kwargs", {}).get("mostly", 1) == 1
    return is_strict and _exception_of(answer.exception_info) is None and "unexpected_index_list" in answer.result


def _found(answer: Any, places: Sequence[int]) -> dict[int, _Found]:
    """What an expectation found in the rows of each place; where there is one, that is what it says itself."""
    raised = _exception_of(answer.exception_info)
    if raised is not None:
        return {place: _Found(False, raised=raised) for place in places}
    value = answer.to_json_dict()["result"]
    rows: dict[int, list[int]] = {place: [] for place in places}
    for row in value.get("unexpected_index_list") or []:
        rows[row[_PLACE]].append(row[_ROW])
    observed = None if "unexpected_count" in value else str(value.get("observed_value"))
    is_alone = len(places) == 1
    return {
        place: _Found(bool(answer.success) if is_alone else not failing, failing=failing, observed=observed)
        for place, failing in rows.items()
    }


def _without_rows(validation: dict[str, Any]) -> dict[str, Any]:
    """What Great Expectations says of a validation, but for the rows: of these a report shows the first few, masked."""
    for answer in validation["results"]:
        answer["result"] = {
            name: value
            for name, value in answer["result"].items()
            # the query has the position of every row that fails
            if not isinstance(value, list | dict) and name != "unexpected_index_query"
        }
        answer["exception_info"] = {"exception_message": _exception_of(answer["exception_info"])}
    return {name: validation[name] for name in ("success", "statistics", "suite_name", "results")}


@contextmanager
def _configured_once() -> Iterator[None]:
    """A validation asks each expectation some eighty times for its configuration, which copies all its fields anew: a third of
    what it costs. Nothing changes an expectation while it is asked."""
    from great_expectations.expectations.expectation import Expectation

    made_anew: Any = Expectation.configuration
    # with the expectation itself, whose id would be another's once it is gone
    kept: dict[int, tuple[Expectation, Any]] = {}

    def configuration(expectation: Expectation) -> Any:
        if id(expectation) not in kept:
            kept[id(expectation)] = (expectation, made_anew.fget(expectation))
        return kept[id(expectation)][1]

    Expectation.configuration = property(configuration)
    try:
        yield
    finally:
        Expectation.configuration = made_anew


def _result_of(
    found: _Found | None, check: Check, rule: Rule, gate: str, suite: str, facts: Mapping[str, pd.DataFrame]
) -> CheckResult:
    if found is None:
        outcome: Outcome = "skipped" if check.rows_may_be_missing else "no_rows"
        return _result(check, rule, gate, suite, outcome, check.nothing)
    if found.raised is not None:
        return _result(check, rule, gate, suite, "error", f"the check itself raised: {found.raised}")
    frame, failing = facts[check.facts], found.failing
    examples = [check.example.format(**_fit(_row(frame, row, check.shows))) for row in failing[:EXAMPLE_COUNT]]
    if len(failing) > EXAMPLE_COUNT:
        examples.append(f"… and {len(failing) - EXAMPLE_COUNT} more")
    observed = found.observed if found.observed is not None else f"{len(failing)} of {len(frame)} rows"
    return _result(check, rule, gate, suite, "pass" if found.is_met else "fail", observed, examples)


def _row(frame: pd.DataFrame, row: int, columns: Sequence[str]) -> dict[str, Any]:
    """Cells as plain values; what is no number, or not known, is none."""
    import pandas as pd

    cells = {column: frame[column].iloc[row] for column in columns}
    plain = {column: cell.item() if hasattr(cell, "item") else cell for column, cell in cells.items()}
    return {column: None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell for column, cell in plain.items()}


def _result(
    check: Check, rule: Rule, gate: str, suite: str, outcome: Outcome, observed: str, examples: Sequence[str] = ()
) -> CheckResult:
    return CheckResult(
        gate=gate,
        suite=suite,
        check_id=check.check_id,
        expectation=type(check.expectation).__name__,
        severity=rule.severity,
        outcome=outcome,
        observed=one_line(observed),
        allowed=check.allows,
        examples=tuple(examples),
    )


def _fit(row: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of a row as an example may show them: everything that tells of an example reads it from here."""
    return {name: _fit_cell(name, value) if isinstance(value, str) else value for name, value in row.items()}


def _fit_cell(column: str, value: str) -> str:
    if column.endswith("name"):
        # check_results joins examples with a ；: a name that held one would be read as two of them
        return mask(cell_text(value)).replace("；", ";")
    # a case number may look like a number of a person: examples go into alerts and served tables
    return mask(cell_text(value, _LIST_CHARACTERS))


def _exception_of(info: Mapping[str, Any]) -> str | None:
    """The first exception in either form Great Expectations reports one: flat, or one entry per metric."""
    entries = [info] if "raised_exception" in info else list(info.values())
    return next((str(entry["exception_message"]) for entry in entries if entry["raised_exception"]), None)
