"""Gate 1 in Great Expectations' own terms: what is expected of a delivery. Each looks at a table of facts about it, with a row
per department, file or dataset."""

from __future__ import annotations

from typing import Any

from callback_survey.checks.engine import load_great_expectations

load_great_expectations()

import great_expectations.expectations as gxe  # noqa: E402  # as it was loaded: without what no check uses

# What a delivery is as a whole


class ExpectDeliveryLandedWhole(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """Every row read is accepted or rejected, and the lake has as many."""

    column: str = "fault"
    value_set: list[Any] = [""]


class ExpectManifestGiven(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """A manifest says what was sent."""

    column: str = "has_manifest"
    value_set: list[Any] = [True]


class ExpectColumnsUnderTheirHeaders(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """No column holds what belongs under another header."""

    column: str = "swapped"
    value_set: list[Any] = [""]


class ExpectPartsOfOneDatasetAlike(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """The parts of a dataset have the same columns."""

    column: str = "lacking"
    value_set: list[Any] = [""]


class ExpectEverythingRead(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """Nothing in a delivered file was left unread."""

    column: str = "remarks"
    value_set: list[Any] = [""]


class ExpectNoPersonalData(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """No text cell holds a number of a person."""

    column: str = "cell_count"
    max_value: int = 0


class ExpectUsablePhonesInFrame(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """What stands under phones is phones, up to a share (`max_value`, percent)."""

    column: str = "invalid_pct"


class ExpectRejectedRowsWithinShare(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Of a dataset at most a share is rejected (`max_value`, percent)."""

    column: str = "reject_pct"


class ExpectSpellingsRegistered(gxe.ExpectColumnValuesToBeNull):  # type: ignore[misc]
    """Every header, department, answer and outcome is registered: the facts are those that are not."""

    column: str = "word_name"


class ExpectNotDeliveredElsewhere(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """No file was delivered for another region or quarter."""

    column: str = "other"
    value_set: list[Any] = [""]


class ExpectPrintedDepartmentsRegistered(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """Every department of a printed annex is in the register."""

    column: str = "is_known"
    value_set: list[Any] = [True]


# Frame and sample


class ExpectSampleWithinFrameRows(gxe.ExpectColumnPairValuesAToBeGreaterThanB):  # type: ignore[misc]
    """No department has more called cases than frame rows."""

    column_A: str = "frame_row_count"
    column_B: str = "sample_count"
    or_equal: bool = True


class ExpectCalledCasesInFrame(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Every called case has a frame row."""

    column: str = "absent_count"
    max_value: int = 0


class ExpectUnknownDepartmentsWithinShare(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Of the frame at most a share is of unknown departments (`max_value`, percent)."""

    column: str = "unknown_pct"


class ExpectNoUnknownDepartmentCalled(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """No called case is of an unknown department."""

    column: str = "unknown_called_count"
    max_value: int = 0


class ExpectDepartmentRejectsWithinShare(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Of a department's call rows at most a share is rejected (`max_value`, percent)."""

    column: str = "reject_pct"


class ExpectNoRejectedCalls(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """No call row of a department is rejected."""

    column: str = "rejected_count"
    max_value: int = 0


class ExpectRepeatedCasesWithinShare(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Of the frame at most a share repeats a case (`max_value`, percent)."""

    column: str = "row_pct"


class ExpectFrameDatesInQuarter(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Of the frame at most a share was completed outside the quarter (`max_value`, percent)."""

    column: str = "row_pct"


class ExpectCaseNumbersWrittenAlike(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """No called case agrees with a frame row but for the way its number is written."""

    column: str = "case_count"
    max_value: int = 0


# Calls


class ExpectCallsAfterCompletion(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Nobody was called before the case was completed."""

    column: str = "before_count"
    max_value: int = 0


class ExpectCallsWithinPeriod(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Every call is dated within the time in which the quarter is called."""

    column: str = "outside_count"
    max_value: int = 0


class ExpectMisdatedCallsWithinShare(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Of the calls at most a share is dated wrongly (`max_value`, percent)."""

    column: str = "misdated_pct"


class ExpectCallsNotBeforeHour(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Nobody was called too early in the day."""

    column: str = "early_count"
    max_value: int = 0


class ExpectCallsNotAfterHour(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Nobody was called too late in the day."""

    column: str = "late_count"
    max_value: int = 0


class ExpectCallsDeliveredOnce(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """No call row repeats one of another file or line."""

    column: str = "row_count"
    max_value: int = 0


class ExpectAnsweredCasesAboveShare(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Of a department's called cases at least a share answered (`min_value`, percent)."""

    column: str = "answered_pct"


class ExpectAnswersNotReversed(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """Of the answers given as numbers at most a share is 1 (`max_value`, percent)."""

    column: str = "lowest_pct"


class ExpectInterviewerAnswersToVary(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """An interviewer's answers are not all alike where chance does not explain it."""

    column: str = "is_suspicious"
    value_set: list[Any] = [False]


class ExpectInterviewerAnswersLikeOthers(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """An interviewer's answers are those of the same departments, but for chance."""

    column: str = "is_suspicious"
    value_set: list[Any] = [False]


class ExpectInterviewsWithinPace(gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """An interviewer has at most so many complete interviews within an hour (`max_value`)."""

    column: str = "within_hour"


class ExpectHourAnswersToVary(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """An hour's answers are not all alike where chance does not explain it."""

    column: str = "is_suspicious"
    value_set: list[Any] = [False]


class ExpectHourAnswersLikeOthers(gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """An hour's answers are those of other hours, but for chance."""

    column: str = "is_suspicious"
    value_set: list[Any] = [False]
