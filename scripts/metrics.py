"""What may be computed of a mart, and how: metrics and calculated dimensions, as dbt has them beside each model.

A BI tool that sums or averages columns by itself gets figures that look right and are not: a mean of printed rates that is
rounded the wrong way, a sample counted once per measure. So each formula is written once, in `config.meta` of its model, and
whatever a tool needs is generated from there (scripts/bi_files.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callback_survey.errors import SurveyError
from callback_survey.serving import added
from callback_survey.storage import files
from callback_survey.warehouse.published import SERVED, scope_of

DASHBOARD = "callback_dashboard"
UNITS = ("percent", "points", "count")


@dataclass(frozen=True)
class Dimension:
    """A column that is computed of others, row by row."""

    name: str
    label: str
    label_en: str
    expression: str
    description: str


@dataclass(frozen=True)
class Metric:
    """A figure of several rows, as an SQL aggregate over the mart. The description says what it must not be taken for."""

    name: str
    label: str
    label_en: str
    unit: str
    expression: str
    description: str


@dataclass(frozen=True)
class Column:
    name: str
    data_type: str
    description: str


@dataclass(frozen=True)
class Mart:
    """A mart that the dashboard reads, with what may be computed of it."""

    name: str
    description: str
    columns: tuple[Column, ...]
    dimensions: tuple[Dimension, ...]
    metrics: tuple[Metric, ...]


def marts(manifest: Path, exposure: str = DASHBOARD) -> tuple[Mart, ...]:
    """The marts of an exposure, in its order. Raises SurveyError where a metric has a unit that nobody knows."""
    parsed = files.read_json(manifest)
    chosen = parsed["exposures"][f"exposure.callback_survey.{exposure}"]
    found = tuple(_mart(parsed["nodes"][unique_id]) for unique_id in chosen["depends_on"]["nodes"])
    for mart in found:
        for metric in mart.metrics:
            if metric.unit not in UNITS:
                raise SurveyError(
                    f"a metric has a unit that nobody knows: {metric.unit}",
                    where=f"{mart.name}.{metric.name}",
                    expected=", ".join(UNITS),
                    next_step="correct config.meta.metrics of the model",
                )
    return found


def _mart(node: dict[str, Any]) -> Mart:
    meta = node["config"]["meta"]
    columns = tuple(
        Column(name, column["data_type"], _line(column["description"])) for name, column in node["columns"].items()
    )
    # with what serving adds: a tool reads the served table
    extra = added.columns(
        node["alias"], node["columns"].keys(), {"current_departments"}, is_rollup=scope_of(node) == SERVED
    )
    return Mart(
        name=node["alias"],
        description=_line(node["description"]),
        columns=(*columns, *(Column(one.name, one.type, one.description) for one in extra)),
        dimensions=tuple(Dimension(**_said(entry)) for entry in meta.get("dimensions", ())),
        metrics=tuple(Metric(**_said(entry)) for entry in meta.get("metrics", ())),
    )


def _said(entry: dict[str, str]) -> dict[str, str]:
    return {**entry, "description": _line(entry["description"])}


def _line(text: str) -> str:
    return " ".join(text.split())
