"""A plan from the first question to the last file: frame, figures of the quarter before, sizes, draw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callback_survey import registers
from callback_survey.errors import UsageError
from callback_survey.given_text import given_text
from callback_survey.quarter import Quarter
from callback_survey.run import Run
from callback_survey.sample_plan import draw, history, output
from callback_survey.sample_plan.detection import Wanted
from callback_survey.sample_plan.frame import JudgedFrame, open_frame
from callback_survey.sample_plan.proposal import Proposal, Sizing, propose
from callback_survey.sample_plan.rules import SamplePlanRules
from callback_survey.scope import Scope


@dataclass(frozen=True)
class Asked:
    """What a person asked for. `frame` is a folder with a frame; None: the one of the quarter's landed delivery, if any."""

    region_code: str
    quarter: Quarter
    wanted_margin: float
    sizing: Sizing
    frame: Path | None = None
    seed: str | None = None
    output: Path | None = None
    wanted_fall: Wanted | None = None


@dataclass(frozen=True)
class Plan:
    """A plan as it was made. `seed` and `drawn_count` are None where nothing was drawn."""

    asked: Asked
    proposal: Proposal
    frame: JudgedFrame | None
    seed: str | None = None
    drawn_count: int | None = None
    is_same_list: bool = False


def make_plan(run: Run, asked: Asked) -> Plan:
    """Propose sizes and, where an output folder is given and there is a frame, draw the sample into it."""
    quarter = str(asked.quarter)
    # kept in plan.json, to be copied from there by who draws again
    seed = given_text("--seed", asked.seed, is_line=True) if asked.seed is not None else None
    if seed is None and asked.output is not None:
        # the same folder again means the same list
        seed = output.earlier_seed(asked.output, Scope(asked.region_code, quarter))
    registered = _registered(run, asked)
    with open_frame(run, Scope(asked.region_code, quarter), asked.frame) as frame:
        proposal = _propose(run, asked, registered, frame)
        if asked.output is None:
            return Plan(asked, proposal, frame)
        if frame is None:
            output.write_plan(asked.output, proposal, None, None, asked.sizing)
            return Plan(asked, proposal, None)
        seed = seed or draw.new_seed()
        drawn_count, is_same = output.write_plan(asked.output, proposal, frame, seed, asked.sizing)
        return Plan(asked, proposal, frame, seed, drawn_count, is_same)


def _registered(run: Run, asked: Asked) -> dict[str, str]:
    path = run.settings.written_registers / "departments.csv"
    rows = registers.valid_rows(run.settings.seeds, "departments", Scope(asked.region_code, str(asked.quarter)))
    if not rows:
        raise UsageError(
            f"no department of region {asked.region_code} is registered for {asked.quarter}",
            where=str(path),
            next_step="check the region code and the quarter; register a new region first",
        )
    return {row["department_code"]: row["department_name"] for row in rows}


def _propose(run: Run, asked: Asked, registered: dict[str, str], frame: JudgedFrame | None) -> Proposal:
    seeds, region_code, quarter = run.settings.seeds, asked.region_code, str(asked.quarter)
    previous = history.latest_before(run.settings.releases, Scope(region_code, quarter))
    if frame is None and previous is None:
        raise UsageError(
            f"the frame is unknown for {region_code} {quarter}: no frame was landed and "
            "no earlier quarter was released",
            where=str(run.settings.home),
            expected="a frame, or an earlier released quarter",
            next_step="give the folder that holds the frame: callback-survey plan --frame DIR",
        )
    return propose(
        Scope(region_code, quarter),
        registered,
        frame.counts if frame else None,
        previous,
        history.read_successions(seeds, region_code, after=previous.quarter, until=quarter) if previous else [],
        rules=SamplePlanRules.read(seeds, Scope(region_code, quarter)),
        previous_rules=SamplePlanRules.find(seeds, Scope(region_code, previous.quarter)) if previous else None,
        wanted_margin=asked.wanted_margin,
        wanted_fall=asked.wanted_fall,
    )
