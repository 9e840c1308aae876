"""Gate 2 in Great Expectations' own terms: what is expected of a quarter's marts. Each looks at a table of facts about them, with a
row per department and measure."""

from __future__ import annotations

from typing import Any

from callback_survey.checks.engine import load_great_expectations

load_great_expectations()

import great_expectations.expectations as gxe  # noqa: E402  # as it was loaded: without what no check uses

# what is masked is in no figure
KEPT = "kept"


# Counts


class ExpectSampleWithinValidFrame(gxe.ExpectColumnPairValuesAToBeGreaterThanB):  # type: ignore[misc]
    """A sample never exceeds its valid frame."""

    column_A: str = "valid_frame_count"
    column_B: str = "sample_count"
    or_equal: bool = True


class ExpectCalledCasesInsideValidFrame(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """No called case is outside the valid frame."""

    column: str = "case_count"
    max_value: int = 0


class ExpectAnsweredWithinSample(gxe.ExpectColumnPairValuesAToBeGreaterThanB):  # type: ignore[misc]
    """No department has more answers than sampled cases."""

    column_A: str = "sample_count"
    column_B: str = "answered_count"
    or_equal: bool = True


class ExpectSuccessesWithinAnswered(gxe.ExpectColumnPairValuesAToBeGreaterThanB):  # type: ignore[misc]
    """No department has more successes than answers."""

    column_A: str = "answered_count"
    column_B: str = "success_count"
    or_equal: bool = True


class ExpectDepartmentsComplete(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """Every department of the register is there once per measure, and no other."""

    column: str = "status"
    value_set: list[Any] = ["present"]


class ExpectUnsampledWithoutRate(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """Without answers there is no rate, rank or flag; with answers there are all of them."""

    column: str = "is_consistent"
    value_set: list[Any] = [True]


# Figures


class ExpectSharesToSumTo100(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """The shares of all answers add up to 100."""

    column: str = "total_pct"
    min_value: float = 99.9999
    max_value: float = 100.0001


class ExpectAverageAsRecomputed(gxe.ExpectColumnPairValuesToBeEqual):  # type: ignore[misc]
    """The average is the mean of the rounded rates, rounded half up."""

    column_A: str = "average_pct"
    column_B: str = "recomputed_pct"


class ExpectFlagsAsRecomputed(gxe.ExpectColumnPairValuesToBeEqual):  # type: ignore[misc]
    """Below average is exactly who is below the rounded average."""

    column_A: str = "is_below_average"
    column_B: str = "recomputed"


class ExpectFiguresConsistent(gxe.ExpectColumnPairValuesToBeEqual):  # type: ignore[misc]
    """Every figure is what the counts of the departments give."""

    column_A: str = "found"
    column_B: str = "expected"


class ExpectMaskedFiguresHidden(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """What disclosure_rules forbids is masked, and what is masked is in no figure."""

    column: str = "status"
    value_set: list[Any] = [KEPT]


# Printed annexes


class ExpectPrintedFiguresWithinTolerance(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """A computed figure is the printed one, but for a tolerance that the models know."""

    column: str = "status"
    value_set: list[Any] = ["equal", "adjusted", "unsampled", "suppressed"]


class ExpectPrintedFiguresEqual(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """A computed figure is the printed one."""

    column: str = "is_adjusted"
    value_set: list[Any] = [False]


class ExpectPrintedDepartmentsComplete(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """Every department of the register is printed in each annex."""

    column: str = "is_printed"
    value_set: list[Any] = [True]


class ExpectPrintedRowsReadable(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """A printed line has frame, sample and, if sampled, a rate of at most 100."""

    column: str = "status"
    value_set: list[Any] = ["read", "not printed"]


class ExpectPrintedSharesNear100(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Printed shares add up to 100, give or take `max_value`."""

    column: str = "distance"


# The quarters before


class ExpectDepartmentWithoutDrift(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """A department did not change beyond a limit and beyond chance."""

    column: str = "is_suspicious"
    value_set: list[Any] = [False]


class ExpectRegionWithoutDrift(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """The mean of the departments did not change beyond a limit and beyond chance."""

    column: str = "is_suspicious"
    value_set: list[Any] = [False]


class ExpectFrameVolumeAsBefore(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """A frame is about as large as before (`min_value`, `max_value`, percent)."""

    column: str = "change_pct"


class ExpectSampleVolumeAsBefore(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """A sample is about as large as before (`min_value`, `max_value`, percent)."""

    column: str = "change_pct"
