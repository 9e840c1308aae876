"""A fault of a register, in words a person can act on."""

from __future__ import annotations

from dataclasses import dataclass

from callback_survey.registers.rows import Row


@dataclass(frozen=True)
class Fault:
    """What is wrong, with names and lines; in which files; what to do. Region and quarter where it is about one."""

    what: str
    files: tuple[str, ...]
    next_step: str
    region_code: str | None = None
    quarter: str | None = None


def fault_in(row: Row, what: str, next_step: str, *others: Row) -> Fault:
    """A fault of a row, and of others that it does not go with."""
    files = tuple(dict.fromkeys([row.file, *(other.file for other in others)]))
    return Fault(f"{row.place}: {what}", files, next_step, row["region_code"] or None)
