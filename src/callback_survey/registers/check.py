"""Whether the registers can be used at all: looked at before anything lands, because a name that means two departments
would be found only after hours of work, as a failed test of a model, and without saying what to do.
"""

from __future__ import annotations

import difflib
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from callback_survey import register_layers
from callback_survey.errors import RegisterError
from callback_survey.registers import (
    annex_faults,
    department_faults,
    disclosure_faults,
    file_faults,
    measure_faults,
    own_faults,
    rows,
    value_faults,
)
from callback_survey.registers.faults import Fault
from callback_survey.registers.rows import Period
from callback_survey.scope import Scope
from callback_survey.storage.spreadsheet import is_true

_CHECKS: tuple[Callable[[Path], Iterator[Fault]], ...] = (
    department_faults.regions,
    department_faults.departments,
    department_faults.names,
    department_faults.successions,
    measure_faults.names,
    measure_faults.scales,
    measure_faults.definitions,
    measure_faults.questions,
    measure_faults.question_headers,
    disclosure_faults.disclosure,
    annex_faults.figures,
    annex_faults.headers,
    own_faults.assessments,
    own_faults.choices,
    own_faults.doubled,
    own_faults.strangers,
)
_MOST_SHOWN = 20


def validate(seeds: Path) -> None:
    """Raises RegisterError with every fault of the registers in `seeds`."""
    faults = faults_of(seeds)
    if not faults:
        return
    first, is_alone = faults[0], len(faults) == 1
    lines = [f"{fault.what}; {fault.next_step}" for fault in faults[:_MOST_SHOWN]]
    if len(faults) > _MOST_SHOWN:
        lines.append(f"and {len(faults) - _MOST_SHOWN} more")
    raise RegisterError(
        first.what if is_alone else f"the registers have {len(faults)} faults",
        where=", ".join(_places(seeds, faults)),
        next_step=first.next_step if is_alone else "correct them, then: callback-survey register check",
        region_code=first.region_code if is_alone else None,
        quarter=first.quarter if is_alone else None,
        alert_lines=[] if is_alone else lines,
    )


def region_faults(seeds: Path, scopes: Sequence[Scope]) -> list[str | None]:
    """Why nothing of a region can be counted in a quarter, in words, for each of the `scopes`; None where its register has
    departments."""
    known = {row["region_code"]: is_true(row["is_survey_region"]) for row in rows.read(seeds, "regions")}
    periods: dict[str, list[Period]] = defaultdict(list)
    for row in rows.read(seeds, "departments"):
        periods[row["region_code"]].append(row.period)
    return [_region_fault(scope, known, periods[scope.region_code]) for scope in scopes]


def _region_fault(scope: Scope, known: Mapping[str, bool], periods: Sequence[Period]) -> str | None:
    code = scope.region_code
    if code not in known:
        surveyed = [region for region, is_surveyed in known.items() if is_surveyed]
        nearest = difflib.get_close_matches(code, surveyed, n=1, cutoff=0.8)
        return f"region {code} is not in regions.csv{f'; nearest: {nearest[0]}' if nearest else ''}"
    if not any(period.holds_in(scope.quarter) for period in periods):
        lacking = f"departments.csv has no department of region {code} in {scope.quarter}"
        return f"{lacking}; it has some in other quarters, by valid_from and valid_to" if periods else lacking
    return None


def registering(scope: Scope, folder: Path, written: Path) -> list[str]:
    """The commands from the `folder` of a delivery to figures, in their order. `written` is where a person adds rows."""
    asked = f"--region {scope.region_code} --quarter {scope.quarter}"
    return [
        f"1. without registers of your own: callback-survey init FOLDER --region {scope.region_code}",
        f"2. without a manifest.json: callback-survey manifest {shlex.quote(str(folder))}",
        f"3. draft its register for a person to review: callback-survey register propose {asked}",
        f"4. once the rows are in {written}: callback-survey register check",
        f"5. callback-survey run {asked}",
    ]


def faults_of(seeds: Path) -> list[Fault]:
    """Every fault. What cannot be read as it was meant, or is no quarter, cannot be compared: these faults come first, and alone."""
    return (
        list(file_faults.forms(seeds))
        or list(own_faults.folder(seeds))
        or list(department_faults.periods(seeds))
        or list(value_faults.values(seeds))
        or [fault for check in _CHECKS for fault in check(seeds)]
    )


def _places(seeds: Path, faults: list[Fault]) -> Iterator[str]:
    """The files that the faults name, as a person finds them: an instance's own, or those that come with the code."""
    found = register_layers.origins(seeds)
    for name in dict.fromkeys(name for fault in faults for name in fault.files):
        if found is None:
            yield str(seeds / name)
        elif "/" in name:
            folder, _, file = name.partition("/")
            yield str((found.own if folder == found.own.name else found.shipped) / file)
        else:
            yield str(found.path_of(Path(name).stem))
