"""What a companion says: departments with their figures and how far these carry, as read from the marts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum

from callback_survey.documents.companion.answers import Answer, Points, Predecessor
from callback_survey.wording import signs


class Flag(Enum):
    """How a department stands to the average. A stronger flag includes the weaker ones."""

    UNRATED = "unrated"
    SUPPRESSED = "suppressed"
    TOO_FEW = "too_few"
    NOT_BELOW = "not_below"
    ABOVE_BEYOND_CHANCE = "above_beyond_chance"
    BELOW = "below"
    BELOW_BEYOND_CHANCE = "below_beyond_chance"
    BELOW_SUPERPOPULATION = "below_superpopulation"


@dataclass(frozen=True)
class DepartmentRate:
    """One department and measure. Percents as printed; interval and change in fractions, as in the marts."""

    department_code: str
    department_name: str
    valid_frame_count: int | None
    sample_count: int | None
    answered_count: int | None
    rate_pct: Decimal | None
    is_below_average: bool | None
    is_significantly_below: bool | None
    is_significantly_below_superpopulation: bool | None
    ci_display_low: float | None
    ci_display_high: float | None
    reliability: str | None
    footnote_codes: tuple[str, ...]
    change: float | None
    change_ci_low: float | None
    change_ci_high: float | None
    change_status: str | None
    is_significant_change: bool | None
    # of later releases only
    is_suppressed: bool | None = None
    rate_rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    is_flag_robust: bool | None = None
    comparison_category: str | None = None
    measure_definition: str | None = None

    @property
    def is_rated(self) -> bool:
        """Whether it has a rate at all."""
        return self.rate_pct is not None

    @property
    def has_few(self) -> bool:
        """Whether its rate rests on too few answers to be rated or tested."""
        return self.is_rated and self.reliability == signs.NOT_RATED

    @property
    def flag(self) -> Flag:
        if not self.is_rated:
            return Flag.SUPPRESSED if self.is_suppressed else Flag.UNRATED
        if self.has_few:
            return Flag.TOO_FEW
        if not self.is_below_average:
            return Flag.ABOVE_BEYOND_CHANCE if self.comparison_category == "above" else Flag.NOT_BELOW
        if self.is_significantly_below_superpopulation:
            return Flag.BELOW_SUPERPOPULATION
        return Flag.BELOW_BEYOND_CHANCE if self.is_significantly_below else Flag.BELOW

    @property
    def mark(self) -> str:
        """The sign behind the name of a department with few answers or a wide interval."""
        if not self.is_rated:
            return ""
        return {"caution": "†", signs.NOT_RATED: signs.FEW_MARK}.get(self.reliability or "", "")

    @property
    def is_compared(self) -> bool:
        return self.change_status == "compared" and self.change is not None


@dataclass(frozen=True)
class Footnote:
    """A note on how far figures carry, and the departments it holds for."""

    code: str
    label: str
    department_names: tuple[str, ...]


@dataclass(frozen=True)
class FindingGroup:
    """The findings of one code: of one measure, or of the delivery as a whole (`measure` None)."""

    code: str
    title: str
    severity: str
    measure: str | None
    finding_count: int
    department_names: tuple[str, ...]


@dataclass(frozen=True)
class CallOutcomes:
    """How the calls of the region ended. Rates are fractions after AAPOR; None where nobody was attempted."""

    attempted_count: int
    complete_count: int
    response_rate_1: float | None
    cooperation_rate_1: float | None
    refusal_rate_1: float | None
    contact_rate_1: float | None


@dataclass(frozen=True)
class MeasureFigures:
    """One measure of one region and quarter; departments in the order of the annex. `cases` is what the district calls what was
    counted."""

    measure: str
    measure_name: str
    definition_label: str | None
    average_pct: Decimal | None
    benchmark_pct: Decimal | None
    benchmark_label: str | None
    benchmark_year: int | None
    gap_to_benchmark_pct: Decimal | None
    departments: tuple[DepartmentRate, ...]
    footnotes: tuple[Footnote, ...]
    findings: tuple[FindingGroup, ...]
    is_published_only: bool
    cases: str = signs.CASES
    answers: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)  # by department code, the best answer first

    @property
    def rated(self) -> tuple[DepartmentRate, ...]:
        return tuple(department for department in self.departments if department.is_rated)

    @property
    def unrated(self) -> tuple[DepartmentRate, ...]:
        return tuple(department for department in self.departments if not department.is_rated)

    @property
    def suppressed(self) -> tuple[DepartmentRate, ...]:
        return tuple(department for department in self.departments if department.is_suppressed)

    @property
    def flag_labels(self) -> dict[Flag, str]:
        """How flags are called: strict enough to be quoted."""
        return {
            Flag.UNRATED: "不作评价",
            Flag.SUPPRESSED: "为保护答复人，不公布",
            Flag.TOO_FEW: "回答过少，不作评价",
            Flag.NOT_BELOW: "不低于平均",
            Flag.ABOVE_BEYOND_CHANCE: f"{signs.ABOVE_CHANCE}（{signs.quarter_scope(self.cases)}）",
            # where only the printed rates survive, nothing is known of chance
            Flag.BELOW: signs.UNTESTED if self.is_published_only else signs.WITHIN_CHANCE,
            Flag.BELOW_BEYOND_CHANCE: f"{signs.BEYOND_CHANCE}（{signs.quarter_scope(self.cases)}）",
            Flag.BELOW_SUPERPOPULATION: signs.FIRM,
        }

    @property
    def below(self) -> tuple[str, ...]:
        """The notice's list: also those with too few answers for anything more."""
        return tuple(found.department_name for found in self.departments if found.is_below_average)

    @property
    def below_on_few(self) -> tuple[str, ...]:
        return tuple(found.department_name for found in self.departments if found.is_below_average and found.has_few)

    @property
    def below_by_few_voices(self) -> tuple[str, ...]:
        """Below the average only if enough of those who did not answer were no successes."""
        listed = (found for found in self.departments if found.is_below_average and not found.has_few)
        return tuple(found.department_name for found in listed if found.is_flag_robust is False)

    @property
    def within_chance(self) -> tuple[str, ...]:
        return self._named(Flag.BELOW)

    @property
    def beyond_chance(self) -> tuple[str, ...]:
        return self._named(Flag.BELOW_BEYOND_CHANCE, Flag.BELOW_SUPERPOPULATION)

    @property
    def beyond_chance_superpopulation(self) -> tuple[str, ...]:
        return self._named(Flag.BELOW_SUPERPOPULATION)

    @property
    def is_firm_tested(self) -> bool:
        """Whether the levels of departments could be compared: of too few nobody can."""
        return any(found.is_significantly_below_superpopulation is not None for found in self.departments)

    @property
    def above_chance(self) -> tuple[str, ...]:
        """Higher than the average by more than chance, of this quarter's cases."""
        return self._named(Flag.ABOVE_BEYOND_CHANCE)

    @property
    def undecided(self) -> tuple[str, ...]:
        """On either side of the average, and chance may explain it."""
        return () if self.is_published_only else self._named(Flag.NOT_BELOW, Flag.BELOW)

    @property
    def compared(self) -> tuple[DepartmentRate, ...]:
        return tuple(department for department in self.departments if department.is_compared)

    @property
    def changed(self) -> tuple[DepartmentRate, ...]:
        """Changed by more than chance, the greatest change first."""
        found = [department for department in self.compared if department.is_significant_change]
        return tuple(sorted(found, key=lambda department: -abs(department.change or 0)))

    def not_compared(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Why departments have no change, with their names."""
        others = [department for department in self.departments if not department.is_compared]
        for status in dict.fromkeys(department.change_status or "" for department in others):
            yield status, tuple(found.department_name for found in others if (found.change_status or "") == status)

    def _named(self, *flags: Flag) -> tuple[str, ...]:
        return tuple(department.department_name for department in self.departments if department.flag in flags)


@dataclass(frozen=True)
class CompanionData:
    """One region and quarter. `findings` are those that belong to no single measure; `sign_use` is the region's statement
    of what the signs are used for; `reconciliation_counts` maps a status to how many figures of a printed annex have it."""

    region_code: str
    region_name: str
    parent_region_name: str | None
    quarter: str
    measures: tuple[MeasureFigures, ...]
    call_outcomes: CallOutcomes | None
    findings: tuple[FindingGroup, ...]
    sign_use: str | None = None
    reconciliation_counts: Mapping[str, int] = field(default_factory=dict)
    cases: str = signs.CASES
    points: Mapping[str, Points] = field(default_factory=dict)  # by department code; empty where no rule makes points
    predecessors: Mapping[str, tuple[Predecessor, ...]] = field(default_factory=dict)  # by department code

    @property
    def is_published_only(self) -> bool:
        """Whether only annexes are left of the quarter, so that nobody knows how many answered."""
        return all(figures.is_published_only for figures in self.measures)

    def called(self, cases: str) -> CompanionData:
        """The same, where what was counted is called so."""
        return replace(self, cases=cases, measures=tuple(replace(one, cases=cases) for one in self.measures))

    @property
    def region(self) -> str:
        return f"{self.parent_region_name or ''}{self.region_name}"
