"""A failure of one region is the same wherever it is told: by the step itself, by a later task, or among others."""

from __future__ import annotations

from callback_survey.errors import DamagedFile, GateFailed
from callback_survey.pipeline.verdicts import as_dict, held_back, merge_failures
from callback_survey.scope import Scope

DAMAGE = DamagedFile("r1 is damaged", where="/releases/r1", expected="the file of SHA256SUMS", next_step="restore it")
CONTEXT = ["  where: /releases/r1", "  expected: the file of SHA256SUMS"]


def test_what_is_held_back_says_once_where_and_what_was_expected() -> None:
    told = str(held_back(Scope("330109", "2018Q1"), DAMAGE)).splitlines()
    assert told[1:] == [*CONTEXT, "  next: restore it"]


def test_regions_with_steps_of_their_own_each_say_theirs() -> None:
    failures = [GateFailed(f"{region} failed", next_step=f"mend {region}") for region in ("330109", "330110")]
    assert str(merge_failures(failures)).splitlines() == [
        "2 regions did not get through",
        *("  330109 failed", "  next: mend 330109", "  330110 failed", "  next: mend 330110"),
        "  next: take the step that is named for each region",
    ]


def test_a_later_task_says_all_of_it_too() -> None:
    failure = held_back(Scope("330109", "2018Q1"), DAMAGE)
    assert str(GateFailed(**as_dict(failure))) == str(failure)


def test_among_others_each_says_its_own() -> None:
    failures = [held_back(Scope(region, "2018Q1"), DAMAGE) for region in ("330109", "330110")]
    told = str(merge_failures(failures)).splitlines()
    first, second = (failure.what for failure in failures)
    assert told == [
        "2 regions did not get through",
        f"  {first}",
        *CONTEXT,
        f"  {second}",
        *CONTEXT,
        "  next: restore it",
    ]
