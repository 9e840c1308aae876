"""How many cases the rule asks for, by the size of a department's valid frame. The rule is data: `sample_plan_rules.csv`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from callback_survey import register_layers, registers
from callback_survey.errors import UsageError
from callback_survey.registers.rows import Row
from callback_survey.scope import Scope

_SEED = "sample_plan_rules"


@dataclass(frozen=True)
class SizeRule:
    """One line: what holds for frames from `frame_count_from` to `frame_count_to` (None: no limit), both inclusive.

    `sample_count` None and `sample_pct` None mean everyone.
    """

    frame_count_from: int
    frame_count_to: int | None
    sample_count: int | None = None
    sample_pct: Fraction | None = None
    round_up_to: int = 1

    def size(self, valid_frame_count: int) -> int:
        """Exact: 7 % of 1,100 is 77, and 0.07 * 1100 is a little more, which would be rounded up to 78."""
        wanted = valid_frame_count
        if self.sample_count is not None:
            wanted = self.sample_count
        elif self.sample_pct is not None:
            wanted = math.ceil(valid_frame_count * self.sample_pct / (100 * self.round_up_to)) * self.round_up_to
        return min(wanted, valid_frame_count)

    def __str__(self) -> str:
        span = f"{self.frame_count_from:,}–{self.frame_count_to:,}" if self.frame_count_to is not None else ""
        where = span or f"{self.frame_count_from:,} and more"
        if self.sample_count is not None:
            return f"{where}: {self.sample_count}"
        if self.sample_pct is not None:
            return f"{where}: {float(self.sample_pct):g} % rounded up to the next {self.round_up_to}"
        return f"{where}: everyone"


@dataclass(frozen=True)
class SamplePlanRules:
    """The lines valid in one quarter, by size; together they cover every frame once."""

    rules: tuple[SizeRule, ...]

    @classmethod
    def read(cls, seeds: Path, scope: Scope) -> SamplePlanRules:
        """The region's own lines, else those of every region. Raises UsageError where they leave a gap or overlap."""
        found = cls.find(seeds, scope)
        if found is None:
            raise _wrong(register_layers.path_of(seeds, _SEED), scope.quarter, "no line is valid")
        return found

    @classmethod
    def find(cls, seeds: Path, scope: Scope) -> SamplePlanRules | None:
        """The same, or None for a quarter in which no line is valid: one before there was a rule."""
        path = register_layers.path_of(seeds, _SEED)
        rows = registers.valid_rows(seeds, _SEED, scope) or registers.valid_rows(seeds, _SEED, Scope("", scope.quarter))
        if not rows:
            return None
        try:
            rules = sorted((_rule(row) for row in rows), key=lambda rule: rule.frame_count_from)
        except (ValueError, ZeroDivisionError) as error:
            raise _wrong(path, scope.quarter, f"a line cannot be read: {error}") from error
        expected: int | None = 0
        for rule in rules:
            if rule.frame_count_from != expected:
                raise _wrong(
                    path, scope.quarter, f"the line from {rule.frame_count_from} does not follow the one before it"
                )
            expected = None if rule.frame_count_to is None else rule.frame_count_to + 1
        if expected is not None:
            raise _wrong(path, scope.quarter, f"no line for a frame of {expected}")
        return cls(tuple(rules))

    def size(self, valid_frame_count: int) -> int:
        """Cases to call of a department with this many valid frame rows."""
        return next(
            rule.size(valid_frame_count) for rule in reversed(self.rules) if rule.frame_count_from <= valid_frame_count
        )


def _rule(row: Row) -> SizeRule:
    kind, upper = row["size_rule"], row["frame_count_to"]
    if kind not in ("everyone", "fixed", "percent"):
        raise ValueError(f"size_rule is {kind!r}; everyone, fixed or percent is expected")
    lower = _whole(row["frame_count_from"], at_least=0)
    share = Fraction(row["sample_pct"]) if kind == "percent" else None
    if share is not None and not 0 <= share <= 100:
        raise ValueError(f"sample_pct is {row['sample_pct']}")
    return SizeRule(
        frame_count_from=lower,
        frame_count_to=_whole(upper, at_least=lower) if upper else None,
        sample_count=_whole(row["sample_count"], at_least=0) if kind == "fixed" else None,
        sample_pct=share,
        round_up_to=_whole(row["round_up_to"], at_least=1) if kind == "percent" else 1,
    )


def _whole(text: str, *, at_least: int) -> int:
    number = int(text)
    if number < at_least:
        raise ValueError(f"{number} is less than {at_least}")
    return number


def _wrong(path: Path, quarter: str, what: str) -> UsageError:
    return UsageError(
        f"the rule of sample sizes is incomplete: {what}",
        where=str(path),
        expected=f"for {quarter}, lines that begin at 0, follow one another, and end without a limit",
        next_step="correct the file",
    )
