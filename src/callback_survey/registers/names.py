"""The register of departments of one region and quarter: which printed name is which department."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from callback_survey.deliveries.headers import name_key
from callback_survey.registers import rows
from callback_survey.registers.rows import Row
from callback_survey.scope import Scope


@dataclass(frozen=True)
class Register:
    """Names by their key (`name_key`). Matching is exact on it, never fuzzy: 农业局 and 农水局 are two offices."""

    names: dict[str, str]

    @classmethod
    def read(cls, seeds: Path, scope: Scope) -> Register:
        """The departments and aliases valid in the quarter."""
        departments = {row["department_code"]: row for row in valid_rows(seeds, "departments", scope)}
        names = {name_key(row["department_name"]): row["department_name"] for row in departments.values()}
        for alias in valid_rows(seeds, "department_aliases", scope):
            if alias["department_code"] in departments:
                names[name_key(alias["alias"])] = departments[alias["department_code"]]["department_name"]
        return cls(names)

    def find(self, printed: str | None) -> str | None:
        """The department's name, or None where the register does not know the printed one."""
        return self.names.get(name_key(printed)) if printed else None

    def hint(self, printed: str) -> str:
        """What to say of an unknown name: the most similar known one; empty where none is close."""
        nearest = self.nearest(printed)
        return f"; nearest known name: {nearest}" if nearest else ""

    def nearest(self, printed: str) -> str:
        """The most similar known name; empty where none is close."""
        match = difflib.get_close_matches(name_key(printed), self.names, n=1, cutoff=0.4)
        return self.names[match[0]] if match else ""


def valid_rows(seeds: Path, name: str, scope: Scope) -> list[Row]:
    """The rows of a register that a region has in a quarter."""
    return [
        row
        for row in rows.read(seeds, name)
        if row["region_code"] == scope.region_code and row.period.holds_in(scope.quarter)
    ]
