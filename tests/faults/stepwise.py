"""A quarter step by step, as Airflow's tasks take it: each step from what the one before left on disk and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from callback_survey import pipeline, settings
from callback_survey.build import BuildReport
from callback_survey.exports.delivery import Delivery
from callback_survey.landing import LandingReport
from callback_survey.releases.rollback import roll_back
from callback_survey.run import Run
from callback_survey.verdicts import GateReport
from homes import QUARTER, REGION, Home

STEPS = ("land", "gate", "release", "serve")
# one name for every process of a run, as in Airflow: the gates' results lie under it
RUN_ID = "stepwise"

State = dict[str, Any]


@dataclass(frozen=True)
class Bases:
    """One correction, with a copy of its home before each step and after the last; `said` is what the steps hand on.

    Its build was made after two that were ended: by the death of dbt, and by a kill just before the stamp.
    """

    before: dict[str, Home]
    done: Home
    said: State
    of_dead_dbt: str
    of_missing_stamp: str


def run_of(home: Home) -> Run:
    return Run(settings.load(home.environment), RUN_ID)


def delivery_of(home: Home) -> Delivery:
    return Delivery(REGION, QUARTER, home.exports / REGION / QUARTER)


def take(step: str, home: Home, said: State) -> State:
    """One step. Returns what is said so far, as JSON values: a task of its own may take the next step."""
    run = run_of(home)
    if step == "land":
        return {**said, "landed": pipeline.land(run, delivery_of(home)).as_json()}
    if step == "build":
        built = pipeline.build(run, [LandingReport.from_json(said["landed"])])
        return {**said, "built": built.as_json()}
    if step == "gate":
        return {**said, "verdicts": pipeline.gate(run, BuildReport.from_json(said["built"])).as_json()}
    if step == "release":
        pipeline.release(run, BuildReport.from_json(said["built"]), GateReport.from_json(said["verdicts"]))
    if step == "serve":
        pipeline.serve(run)
    if step == "rollback":
        roll_back(run, REGION, QUARTER, 1, by="值班长", reason="交付有误")
    return said


def go_on(home: Home, step: str, said: State) -> None:
    """The step again, as a retried task, and those after it. After a landing there is no build: it costs too much here."""
    steps: Sequence[str] = STEPS[:1] if step == "land" else STEPS[STEPS.index(step) :]
    for each in steps:
        said = take(each, home, said)
