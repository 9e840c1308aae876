"""What can go wrong, in words a person can act on: what, where, what was expected, what to do next.

Each class knows the exit code of the command line: 2 usage or configuration, 3 a gate said no, 1 anything else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from callback_survey.cell_text import one_line


class SurveyError(Exception):
    """An error with an explanation. Its text never holds personal data; whoever raises it has scrubbed it.

    Each of its texts is one line: what it quotes of a file cannot add a line, neither here nor where it is shown.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        next_step: str | None = None,
        region_code: str | None = None,
        quarter: str | None = None,
        alert_lines: Sequence[str] = (),
    ) -> None:
        super().__init__(what)
        self.what = one_line(what)
        self.where = where and one_line(where)
        self.expected = expected and one_line(expected)
        self.next_step = next_step and one_line(next_step)
        self.region_code = region_code
        self.quarter = quarter
        self.alert_lines = [one_line(line) for line in alert_lines]

    def __str__(self) -> str:
        lines = [*self.told, *((f"next: {self.next_step}",) if self.next_step else ())]
        return "\n".join([self.what, *(f"  {line}" for line in lines)])

    @property
    def told(self) -> list[str]:
        """The lines below its first, without what to do next."""
        context = (("where", self.where), ("expected", self.expected))
        return [*self.alert_lines, *(f"{label}: {text}" for label, text in context if text)]


class UsageError(SurveyError):
    """A wrong argument, setting or installation: nothing was read and nothing was changed."""

    exit_code = 2


class NothingDelivered(UsageError):
    """A quarter was asked for and its export folder holds no delivery."""


class RegisterError(UsageError):
    """A register says two things at once, or names something that is not there. Nothing was read or changed."""


class ApprovalOutdated(UsageError):
    """A revision was approved that readers do not see any more. Nothing was issued."""


class NotAnswered(SurveyError):
    """Nobody decided about a notice in time. Nothing was issued, and nothing else has changed."""


class GateFailed(SurveyError):
    """A gate said no: what was served before stays served. Retrying cannot change a verdict.

    `gate` and `findings` (check_id, severity, observed, allowed, examples) say it as values, for an alert in either language;
    `parts` are the failures of several regions, where this one stands for them all.
    """

    exit_code = 3

    def __init__(
        self,
        what: str,
        *,
        gate: str | None = None,
        findings: Sequence[Mapping[str, Any]] = (),
        parts: Sequence[GateFailed] = (),
        **told: Any,
    ) -> None:
        super().__init__(what, **told)
        self.gate = gate
        self.findings = [dict(finding) for finding in findings]
        self.parts = list(parts)


class DeliveryRefused(GateFailed):
    """A delivery that cannot be landed whole (manifest, hash, encoding, header). This is gate 1."""


class DeliveryMisplaced(DeliveryRefused):
    """A delivery under a folder of the wrong name, or of a region without a register: ours to mend, not the sender's."""


class RowsRemoved(GateFailed):
    """The rows of a delivery are needed that were removed when their time had passed. What was released of it stays."""


class DocumentsFailed(SurveyError):
    """The documents of a release cannot be made. Its tables are sound and served; other releases have documents of their own."""


class DocumentsMissing(DocumentsFailed):
    """A notice was to be approved whose documents are not there yet. Nothing was issued."""


class StaleBuild(SurveyError):
    """The warehouse was rebuilt by another run between this run's build and the step that wanted to read it."""


class DamagedFile(SurveyError, ValueError):
    """A file that this pipeline wrote is not as it was written: cut off, overwritten, or changed by somebody."""


class DamagedWarehouse(SurveyError):
    """The warehouse file cannot be read. It holds nothing that the lake and the releases do not."""


def is_stopped(error: BaseException) -> bool:
    """Whether Ctrl-C ended it: of a query DuckDB then says that it was interrupted, which is no fault of anything."""
    return isinstance(error, KeyboardInterrupt) or isinstance(error.__cause__ or error.__context__, KeyboardInterrupt)
