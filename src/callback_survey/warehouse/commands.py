"""What dbt is told to build, and which of its tests it asks meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

# Of so many rows a model needs all the memory there is: one is built after the other, by as many threads of DuckDB.
_MANY_ROWS = 20_000_000
# of the models that read single cases
RECORDS = "records"
# unit tests belong to `make test`: one that reads `this` would fail on an empty warehouse and skip its model.
# Tests of keys and the like are asked together, at the end: dbt_project/macros/tests_together.sql
_LEFT_OUT = ("--exclude-resource-type", "unit_test", "--exclude", "test_type:generic")


def everything(*, is_loaded: bool, row_count: int) -> list[str]:
    """All of the project; without the registers, where they are loaded. `row_count` are the landed rows that it is built of."""
    models = ["--select", "resource_type:model", "--indirect-selection", "eager"] if is_loaded else []
    alone = ["--threads", "1"] if row_count > _MANY_ROWS else []
    return ["build", *models, *_LEFT_OUT, *alone]


def part(select: Sequence[str]) -> list[str]:
    """Of a part, only the tests that look at nothing outside it."""
    return ["build", "--select", *select, "--indirect-selection", "cautious", *_LEFT_OUT]


def registers() -> list[str]:
    return part(["resource_type:seed"])


def records() -> list[str]:
    """The models that read single cases, with what they look names up in; the registers are there."""
    return [
        "build",
        "--select",
        f"+tag:{RECORDS}",
        "--indirect-selection",
        "buildable",
        *_LEFT_OUT,
        "resource_type:seed",
    ]


def rest() -> list[str]:
    """What is left beside these. A test that looks at nothing else than them was asked with them."""
    return [*part(["resource_type:model", "test_type:singular"]), f"tag:{RECORDS}"]
