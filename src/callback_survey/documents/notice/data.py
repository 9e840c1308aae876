"""What the notice says, as values: counts and printed percentages as the marts hold them, none of them computed here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from callback_survey.errors import SurveyError
from callback_survey.wording import signs


class NoticeDataMissing(SurveyError):
    """The marts hold no complete region and quarter to write a notice about."""


@dataclass(frozen=True)
class RatedDepartment:
    """A department and its rate as printed, two decimals."""

    department_name: str
    rate_pct: Decimal


@dataclass(frozen=True)
class FlaggedDepartment(RatedDepartment):
    """A department below the average. `is_significantly_below`: by more than the chance of who was asked this quarter;
    the superpopulation: by more than chance as a statement on the department's service. None: not tested, as too few
    answered, or only printed rates survive."""

    is_significantly_below: bool | None = None
    is_significantly_below_superpopulation: bool | None = None
    reliability: str | None = None

    @property
    def is_rated(self) -> bool:
        return self.reliability != signs.NOT_RATED


@dataclass(frozen=True)
class AnnexRow:
    """One printed line of an annex. A share is None where nobody answered, never 0.00, or where it is masked: then the line
    `has_masked` ones. Of a line that `is_suppressed` all are.

    Counts are None for a department that a printed annex does not list, where nothing but the annexes survives.
    """

    row_number: int
    department_name: str
    valid_frame_count: int | None
    sample_count: int | None
    shares_pct: tuple[Decimal | None, ...]
    is_suppressed: bool = False
    has_masked: bool = False

    @property
    def is_listed(self) -> bool:
        return self.sample_count is not None

    @property
    def is_sampled(self) -> bool:
        return bool(self.sample_count)


@dataclass(frozen=True)
class MeasureSummary:
    """One measure of one region and quarter. `gap_to_benchmark_pct` is in percentage points, own minus benchmark.

    `definition_label`: what the register says that it counts; None in a release from before it did.
    `few_names`: departments with too few answers for a rating, below the average or not.
    `share_labels`: the printed heads of the annex's shares.
    """

    measure: str
    measure_name: str
    measure_definition: str | None
    definition_label: str | None
    department_count: int
    rated_department_count: int
    average_pct: Decimal | None
    benchmark_pct: Decimal | None
    benchmark_label: str | None
    benchmark_year: int | None
    gap_to_benchmark_pct: Decimal | None
    lowest: tuple[RatedDepartment, ...]
    below_average: tuple[FlaggedDepartment, ...]
    annex: tuple[AnnexRow, ...]
    share_labels: tuple[str, ...]
    few_names: tuple[str, ...] = ()

    @property
    def unsampled_names(self) -> tuple[str, ...]:
        return tuple(row.department_name for row in self.annex if row.is_listed and not row.is_sampled)

    @property
    def unlisted_names(self) -> tuple[str, ...]:
        """Not in the printed annex: whether they were sampled is not known."""
        return tuple(row.department_name for row in self.annex if not row.is_listed)

    @property
    def unanswered_names(self) -> tuple[str, ...]:
        """Sampled, and nobody answered this question."""
        return tuple(
            row.department_name
            for row in self.annex
            if row.is_sampled and not row.is_suppressed and not row.has_masked and row.shares_pct[0] is None
        )

    @property
    def suppressed_names(self) -> tuple[str, ...]:
        """Of too few people to publish what they answered."""
        return tuple(row.department_name for row in self.annex if row.is_suppressed)


@dataclass(frozen=True)
class NoticeData:
    """One region and quarter, its measures in their order.

    `reconciliation_counts`: status → number of figures compared with a printed annex. `sign_use`: what the region says the
    signs are used for. `is_published_only`: nothing but the printed annexes survives of the quarter, so they are the source,
    not a comparison.
    """

    region_code: str
    region_name: str
    parent_region_name: str | None
    quarter: str
    measures: tuple[MeasureSummary, ...]
    reconciliation_counts: Mapping[str, int]
    is_published_only: bool = False
    sign_use: str | None = None

    @property
    def valid_frame_total(self) -> int:
        return sum(row.valid_frame_count or 0 for row in self.measures[0].annex)

    @property
    def sample_total(self) -> int:
        return sum(row.sample_count or 0 for row in self.measures[0].annex)
