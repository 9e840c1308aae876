"""Landed deliveries in a few rows, for the tests of gate 1: what the gate sees, without files and without landing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import pandas as pd
from lakes import SEEDS

from callback_survey.checks import engine
from callback_survey.checks.model import CheckResult, Rule, read_rules
from callback_survey.landing.ledger import FileRecord, LandingReport
from callback_survey.register import Register

engine.load_great_expectations()
from callback_survey.expectations import delivery as gate  # type: ignore[import-not-found]  # noqa: E402

RULES = read_rules(SEEDS)
REGISTER = Register(
    {"区档案局": "区档案局", "区教育局": "区教育局", "区市场监督局": "区市场监管局", "区市场监管局": "区市场监管局"}
)
# What the gate reads of each dataset, and what a row has unless the test says otherwise.
TABLES = {
    "frame": "file text, line bigint, case_id text, department_name text, completed_on text, service_item text",
    "calls": "file text, line bigint, case_id text, department_name text, called_at text, satisfaction text, "
    "satisfaction_code text, visits text, visits_code text, agent_id text, comment text",
    "rejects": "dataset text, file text, line bigint, reason text, detail text, department_name text, row_text text",
    "published": "file text, line bigint, department_name text",
}


DAYS = [f"2018-04-{day:02d}" for day in range(2, 30)]
SATISFACTION = {"满意": "satisfied", "不满意": "dissatisfied", None: None}
VISITS = {"零上门": "zero_visits", "两次及以上": "two_or_more_visits", None: None}


def cases(name: str, numbers: Iterable[int]) -> list[tuple[str, str]]:
    """Frame rows of a department: its case ids are its name and a number."""
    return [(f"{name}{number:04d}", name) for number in numbers]


def called(name: str, numbers: Iterable[int], sent: str | None = None, **cells: Any) -> list[Call]:
    """Call rows of a department; `cells` are those of every row that are not as they usually are."""
    return [(f"{name}{number:04d}", sent, *([cells] if cells else ())) for number in numbers]


def rejected_calls(name: str, numbers: Iterable[int], reason: str = "unreadable_date") -> list[dict[str, Any]]:
    """Rejected calls as landing keeps them: the case is in the text of the row, the department was not sent."""
    return [{"dataset": "calls", "reason": reason, "case_id": f"{name}{number:04d}"} for number in numbers]


Call = tuple[Any, ...]


def _call_cells(place: int, given: Mapping[str, Any]) -> tuple[Any, ...]:
    """The cells of a call after its department: twelve calls an hour, from nine on, with every answer now and then."""
    day, within_day = divmod(place, 96)
    cells = {
        "called_at": f"{DAYS[day % len(DAYS)]} {9 + within_day // 12:02d}:{within_day % 12 * 5:02d}:00",
        "satisfaction": "不满意" if place % 5 == 4 else "满意",
        "visits": "两次及以上" if place % 3 == 2 else "零上门",
        "agent_id": None,
        "comment": None,
        **given,
    }
    satisfaction, visits = cells["satisfaction"], cells["visits"]
    answers = (satisfaction, SATISFACTION[satisfaction], visits, VISITS[visits])
    return (cells["called_at"], *answers, cells["agent_id"], cells["comment"])


@dataclass(frozen=True)
class Landed:
    """A landed delivery in a few rows. `frame` is (case_id, department as sent) and perhaps the day of completion;
    `calls` is (case_id, department as sent) and perhaps the cells that are not as they usually are.

    `of_files` changes the record of a dataset's file, `more_files` are further parts, `of_report` changes the report.
    """

    frame: Sequence[tuple[str, ...]] = field(
        default_factory=lambda: [*cases("区档案局", range(900)), *cases("区教育局", range(100))]
    )
    calls: Sequence[Call] = field(
        default_factory=lambda: [*called("区档案局", range(300)), *called("区教育局", range(10))]
    )
    rejects: Sequence[dict[str, Any]] = ()
    published: Sequence[str] = ("区 档案局", "区市场监督局")
    datasets: Sequence[str] = ("frame", "calls", "published")
    of_files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    more_files: Sequence[FileRecord] = ()
    of_report: Mapping[str, Any] = field(default_factory=dict)

    def tables(self, connection: duckdb.DuckDBPyConnection) -> None:
        for name, columns in TABLES.items():
            connection.execute(f"create table {name} ({columns})")
        rows: dict[str, list[Sequence[Any]]] = {
            "frame": [
                ("frame.csv", line, *row[:2], row[2] if len(row) > 2 else "2018-02-14", "查档")
                for line, row in enumerate(self.frame, start=2)
            ],
            "calls": [
                ("calls.csv", line, *row[:2], *_call_cells(line - 2, row[2] if len(row) > 2 else {}))
                for line, row in enumerate(self.calls, start=2)
            ],
            "published": [("published.csv", line, name) for line, name in enumerate(self.published, start=2)],
            "rejects": [
                (
                    row["dataset"],
                    f"{row['dataset']}.csv",
                    line,
                    row["reason"],
                    row.get("detail"),
                    row.get("department_name"),
                    json.dumps({"case_id": row.get("case_id")}),
                )
                for line, row in enumerate(self.rejects, start=9_000)
            ],
        }
        for name, values in rows.items():
            if values:
                sent = pd.DataFrame(values)
                connection.register("sent", sent)
                connection.execute(f"insert into {name} from sent")

    def report(self) -> LandingReport:
        records = []
        for dataset in self.datasets:
            accepted = len(getattr(self, dataset))
            rejected = sum(row["dataset"] == dataset for row in self.rejects)
            name = f"{dataset}.csv"
            record = FileRecord(name, dataset, "", "utf-8-sig", 1, accepted + rejected, accepted, rejected, ())
            records.append(replace(record, **self.of_files.get(dataset, {})))
        records += self.more_files
        names = dict.fromkeys((*self.datasets, "rejects"), "")
        report = LandingReport("330109", "2018Q1", "id", "", "", "run-1", "key", tuple(records), names)
        return replace(report, **self.of_report)


def judge(landed: Landed, rules: Mapping[str, Rule] = RULES) -> dict[str, CheckResult]:
    with duckdb.connect() as connection:
        landed.tables(connection)
        facts = gate.facts(connection, landed.report(), REGISTER, rules)
    return {
        result.check_id: result
        for result in engine.run(gate.suite(rules, facts), facts, rules, gate="delivery", suite="delivery")
    }


def tripped(results: dict[str, CheckResult]) -> dict[str, tuple[str, ...]]:
    return {name: result.examples for name, result in results.items() if not result.is_passed}
