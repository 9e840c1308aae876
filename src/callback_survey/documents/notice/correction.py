"""更正说明: what a notice says of the issued one that it takes the place of, why, and which printed figures are others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from callback_survey.wording import terms
from callback_survey.wording.figures import chinese_date


@dataclass(frozen=True)
class Moved:
    """A department of which something printed is another one. Rates are as printed, or words where there is none; None where
    the notice does not have the department."""

    department_name: str
    rate_before: str | None
    rate_after: str | None

    @property
    def is_of_rate(self) -> bool:
        return self.rate_before != self.rate_after

    @property
    def words(self) -> str:
        if self.rate_before is None:
            return f"{self.department_name}（新列入，{self.rate_after}）"
        if self.rate_after is None:
            return f"{self.department_name}（不再列入）"
        return f"{self.department_name}（{self.rate_before}改为{self.rate_after}）"


@dataclass(frozen=True)
class MovedMeasure:
    """One measure of both notices. `average` and `benchmark` are before and after, as printed."""

    measure_name: str
    average: tuple[str, str]
    benchmark: tuple[str, str]
    departments: tuple[Moved, ...]

    @property
    def sentence(self) -> str:
        said = list(self._parts())
        return f"{self.measure_name}：{'；'.join(said)}。" if said else f"{self.measure_name}的数字没有变动。"

    def _parts(self) -> Iterator[str]:
        for name, (before, after) in (("平均值", self.average), ("参照值", self.benchmark)):
            if before != after:
                yield f"{name}由{before}改为{after}"
        rates = [moved.words for moved in self.departments if moved.is_of_rate]
        others = [moved.department_name for moved in self.departments if not moved.is_of_rate]
        if rates:
            yield f"比率有变动的部门{len(rates)}个，{'、'.join(rates)}"
        if others:
            yield f"比率不变，附件其他数字或名单标记有变动的部门{len(others)}个，{'、'.join(others)}"


@dataclass(frozen=True)
class Correction:
    """Which issued notice is replaced, and why. `measures` are None where its release is no longer there to compare with."""

    quarter: str
    revision: int
    number: str
    dated_on: date | None
    reason: str
    measures: tuple[MovedMeasure, ...] | None

    @property
    def moved(self) -> str:
        """Which figures are others, in words."""
        if self.measures is None:
            return "原通报的数据已不在，没有逐项比较。"
        return "".join(measure.sentence for measure in self.measures)

    @property
    def sentence(self) -> str:
        return f"{self.replaced}更正原因：{self.reason.rstrip('。')}。{self.moved}"

    @property
    def replaced(self) -> str:
        day = f"{chinese_date(self.dated_on)}印发的" if self.dated_on else "此前印发的"
        called = (
            f"{self.number}通报"
            if self.number
            else f"{terms.period(self.quarter)}通报（{terms.revision(self.revision)}）"
        )
        return f"本通报更正并代替{day}{called}，原通报停止使用。"
