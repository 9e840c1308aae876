"""What a plan leaves in its folder: sizes.csv, plan.json and, where there is a frame to draw from, the call list."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from callback_survey import __version__
from callback_survey.errors import UsageError
from callback_survey.sample_plan import draw
from callback_survey.sample_plan.draw import Department
from callback_survey.sample_plan.frame import JudgedFrame
from callback_survey.sample_plan.proposal import Proposal, Sizing
from callback_survey.scope import Scope
from callback_survey.storage import files, spreadsheet
from callback_survey.storage.scratch import scratch_folder

PLAN, LIST, SIZES = "plan.json", "call-list.csv", "sizes.csv"
_METHOD = 'the first sample_count cases of a department by sha256(utf-8 of "<seed>|<case_id>") in hex, then case_id'
_SIZE_COLUMNS = (
    "department_code",
    "department_name",
    "valid_frame_count",
    "rule_count",
    "neyman_count",
    "previous_frame_count",
    "previous_sample_count",
)


def earlier_seed(folder: Path, scope: Scope) -> str | None:
    """The seed of the plan that lies in a folder, if there is one and it drew. Raises UsageError where the plan is another
    region's or quarter's, or cannot be read."""
    path = folder / PLAN
    if not path.is_file():
        if (folder / LIST).exists():
            raise _other_list(folder, f"there is a call list without its {PLAN}")
        return None
    try:
        found = files.read_json(path)
        name, seed = f"{found['region_code']} {found['quarter']}", found["seed"]
    except (ValueError, KeyError, TypeError):
        raise _other_list(folder, f"its {PLAN} was not written by this program") from None
    if name != f"{scope.name}":
        raise _other_list(folder, f"it holds the plan of {name}")
    return str(seed) if seed is not None else None


def write_plan(
    folder: Path, proposal: Proposal, frame: JudgedFrame | None, seed: str | None, sizing: Sizing
) -> tuple[int, bool]:
    """Write everything. Returns the length of the call list, and whether the same list lay there before.

    Raises UsageError, with nothing changed, where another list lies there: somebody may be calling by it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with scratch_folder(folder, "plan") as aside:
        drawn_count, drawn = 0, []
        if frame is not None and seed is not None:
            sizes = proposal.sizes(sizing)
            departments = {
                department.department_code: Department(department.department_name, sizes[department.department_code])
                for department in proposal.departments
            }
            drawn_count = draw.draw(frame.connection, departments, seed)
            drawn = list(draw.write_list(frame.connection, aside))
        is_same = _require_same(folder, drawn)
        document = _document(proposal, frame, seed, sizing)
        if drawn:
            document["call_list"] = {"file": LIST, "row_count": drawn_count, "sha256": files.sha256_of(drawn[0])}
        rows = [[getattr(department, name) for name in _SIZE_COLUMNS] for department in proposal.departments]
        spreadsheet.write_csv(folder / SIZES, _SIZE_COLUMNS, rows)
        files.write_json(folder / PLAN, document)
        for path in reversed(drawn):  # the CSV last: where it lies, its plan.json lies beside it
            files.sync(path)
            os.replace(path, folder / path.name)
        files.sync(folder)
    return drawn_count, is_same


def _require_same(folder: Path, drawn: list[Path]) -> bool:
    before = folder / LIST
    if not before.exists():
        return False
    if not drawn or files.sha256_of(before) != files.sha256_of(drawn[0]):
        raise _other_list(folder, "its call list differs from that of this plan")
    return True


def _document(proposal: Proposal, frame: JudgedFrame | None, seed: str | None, sizing: Sizing) -> dict[str, Any]:
    previous = proposal.previous
    return {
        "region_code": proposal.region_code,
        "quarter": proposal.quarter,
        "seed": seed,
        "sizing": sizing,
        "method": _METHOD,
        "made_with": f"callback-survey {__version__}",
        "rule": [str(rule) for rule in proposal.rules.rules],
        "wanted_margin_points": proposal.wanted_margin,
        "rule_total": proposal.total("rule"),
        "neyman_total": proposal.total("neyman"),
        "expected_margins": [asdict(expected) for expected in proposal.margins],
        "previous": {"quarter": previous.quarter, "revision": previous.revision} if previous else None,
        "departures": [asdict(departure) for departure in proposal.departures],
        "departments": [
            {**asdict(department), "sample_count": department.size(sizing)} for department in proposal.departments
        ],
        "frame": None
        if frame is None
        else {
            "delivery_id": frame.report.delivery_id,
            "key_id": frame.report.key_id,
            "files": frame.files,
            "row_count": frame.row_count,
            "valid_count": frame.valid_count,
            "excluded": frame.excluded,
            "content_hash": frame.content_hash,
        },
    }


def _other_list(folder: Path, what: str) -> UsageError:
    return UsageError(
        f"the folder cannot take this plan: {what}; nothing was changed",
        where=str(folder),
        next_step="choose another --output, or move the old folder away once its list is no longer used",
    )
