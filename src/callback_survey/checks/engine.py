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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


def run(
    checks: Sequence[Check], facts: Mapping[str, pd.DataFrame], rules: Mapping[str, Rule], *, gate: str, suite: str
) -> tuple[tuple[CheckResult, ...], tuple[dict[str, Any], ...]]:
    """Every check against its facts, in the order given, and what Great Expectations said of each table of facts, in its own
    words. A check that raised, or saw no rows, has not passed."""
    gx, whole = _whole_frames()
    expected = expectation_suite(gx, checks, rules, suite)
    answers: dict[str, Any] = {}
    validations = []
    for name, frame in facts.items():
        asked = [check for check in checks if check.facts == name]
        if asked and len(frame):
            found = _validate(gx, whole.get_batch({"dataframe": frame}), f"{suite}.{name}", asked, expected)
            answers |= {answer.expectation_config.meta["check_id"]: answer for answer in found.results}
            validations.append(_without_rows(found.to_json_dict()))
    results = []
    for check in checks:
        rule = rules[check.check_id]
        row_count = len(facts[check.facts])
        if row_count == 0:
            outcome: Outcome = "skipped" if check.rows_may_be_missing else "no_rows"
            results.append(_result(check, rule, gate, suite, outcome, check.nothing))
        else:
            results.append(_read(answers[check.check_id], check, rule, gate, suite, row_count))
    return tuple(results), tuple(validations)


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


def _validate(gx: Any, batch: Any, name: str, asked: Sequence[Check], expected: Any) -> Any:
    """One validation of a table of facts by all that the suite expects of it."""
    shown = sorted({column for check in asked for column in check.shows})
    ids = {check.check_id for check in asked}
    part = [expectation for expectation in expected.expectations if expectation.meta["check_id"] in ids]
    with _configured_once():
        return batch.validate(
            gx.ExpectationSuite(name=name, expectations=part),
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": shown},
        )


def _without_rows(validation: dict[str, Any]) -> dict[str, Any]:
    """What Great Expectations says of a validation, but for the rows: of these a report shows the first few, masked."""
    for answer in validation["results"]:
        answer["result"] = {
            name: value for name, value in answer["result"].items() if not isinstance(value, list | dict)
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


def _read(answer: Any, check: Check, rule: Rule, gate: str, suite: str, row_count: int) -> CheckResult:
    raised = _exception_of(answer.exception_info)
    if raised is not None:
        return _result(check, rule, gate, suite, "error", f"the check itself raised: {raised}")
    value = answer.to_json_dict()["result"]
    failing = value.get("unexpected_index_list") or []
    examples = [check.example.format(**_fit(row)) for row in failing[:EXAMPLE_COUNT]]
    if len(failing) > EXAMPLE_COUNT:
        examples.append(f"… and {len(failing) - EXAMPLE_COUNT} more")
    observed = (
        f"{len(failing)} of {row_count} rows" if "unexpected_count" in value else str(value.get("observed_value"))
    )
    return _result(check, rule, gate, suite, "pass" if answer.success else "fail", observed, examples)


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
