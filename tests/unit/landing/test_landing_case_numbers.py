"""Case numbers that look like numbers of people are judged as a column: true ones go, and no region is locked out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from lakes import ONE_CALL, ONE_CASE, Lake, calls, frame

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def with_check_digit(seventeen: str) -> str:
    """GB 11643, written down again from the standard: ISO 7064 MOD 11-2."""
    return seventeen + "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, seventeen, strict=True)) % 11]


# invented: division, date, serial, and what a permit's last digit is
PERMITS = [f"3301092018{1 + number % 3:02d}{1 + number % 28:02d}{number:03d}{number % 10}" for number in range(40)]
SERIAL_PERMITS = [f"33010919{number % 90:02d}0{1 + number % 9}1{number % 10}{number:03d}1" for number in range(40)]
DATED = [f"1803{1 + number % 28:02d}{number:05d}" for number in range(40)]
SERIALS = [f"1390000{number:04d}" for number in range(40)]
GROUPED = [f"330109-2018-03{1 + number % 28:02d}-{number:04d}" for number in range(40)]
# invented people: nobody lives in division 990000, and nobody has a number that begins with 154
PEOPLE = [with_check_digit(f"99000019{50 + number}0{1 + number % 9}01{number:03d}") for number in range(40)]
PHONES = [f"154{(number * 61_803_399) % 10**8:08d}" for number in range(40)]


def land(lake: Lake, ids: Sequence[str], phone: Callable[[int], str] = lambda row: f"1540000{row:04d}") -> list[str]:
    """Lands a frame of these cases, each called once. Returns the case numbers rejected as personal."""
    rows = [(case_id, *ONE_CASE[1:3], phone(row), "", "") for row, case_id in enumerate(ids)]
    report = lake.deliver(
        {"frame.csv": frame(*rows), "calls.csv": calls(*((case_id, *ONE_CALL[1:]) for case_id in ids))}
    )
    rejected = [row for row in lake.rows("rejects") if row["reason"] == "case_id_is_personal"]
    assert "no_personal_data" not in lake.verdict(report), "the gate takes the same numbers for case numbers"
    return [ids[row["line"] - 2] for row in rejected if row["dataset"] == "frame"]


@pytest.mark.parametrize(
    "ids",
    [PERMITS, SERIAL_PERMITS, DATED, SERIALS, GROUPED, PERMITS[:2], [*PERMITS[:5], *(f"XS-{n}" for n in range(50))]],
    ids=["permits", "permits without a date", "dated", "serials", "grouped", "two permits", "a few permits"],
)
def test_a_column_of_case_numbers_is_landed_whole(lake: Lake, ids: Sequence[str]) -> None:
    assert land(lake, ids) == []


@pytest.mark.parametrize("ids", [PEOPLE, PHONES, PEOPLE[:1], PHONES[:1]], ids=["people", "phones", "person", "phone"])
def test_a_column_of_numbers_of_people_is_rejected_whole(lake: Lake, ids: Sequence[str]) -> None:
    assert land(lake, ids) == list(ids)


@pytest.mark.parametrize("others", [PERMITS, [f"XS-{number}" for number in range(40)]], ids=["permits", "other ids"])
def test_a_few_numbers_of_people_among_case_numbers_are_found(lake: Lake, others: Sequence[str]) -> None:
    assert land(lake, [*others, PEOPLE[0], PHONES[1]]) == [PEOPLE[0], PHONES[1]]


def test_a_phone_among_dated_case_numbers_is_found(lake: Lake) -> None:
    assert land(lake, [*DATED, PHONES[3]]) == [PHONES[3]]


def test_case_numbers_that_are_the_phones_beside_them_are_phones_however_they_run_on(lake: Lake) -> None:
    assert land(lake, SERIALS, phone=SERIALS.__getitem__) == SERIALS


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (PERMITS, "40 case numbers have the shape of identity numbers, and their column shows that they are none"),
        (DATED, "40 case numbers have the shape of mobile numbers, and their column shows that they are none"),
    ],
    ids=["permits", "dated"],
)
def test_accepted_case_numbers_of_such_a_shape_are_told_in_the_ledger(
    lake: Lake, ids: Sequence[str], said: str
) -> None:
    land(lake, ids)
    assert [file.notes for file in lake.landed[-1].files] == [(said,), (said,)]


def test_of_other_case_numbers_and_rejected_ones_nothing_is_told(lake: Lake) -> None:
    land(lake, [*(f"XS-{number}" for number in range(40)), PEOPLE[0]])
    assert [file.notes for file in lake.landed[-1].files] == [(), ()]
