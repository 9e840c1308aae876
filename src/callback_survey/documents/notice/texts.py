"""What a notice says in a district's own words, and how these fit its quarter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from string import Formatter
from typing import Literal

from callback_survey.wording import terms
from callback_survey.wording.signs import CASES

Form = Literal["long", "short"]
FORMS: tuple[Form, ...] = ("long", "short")
# what stands in braces in a title or a sentence, and is filled in for each notice
PLACEHOLDERS = ("period", "region", "programme", "cases", "measures")
# where a title goes on in the next line, on paper
LINE_BREAK = "|"
_TITLE = "{region}|{period}{programme}{cases}电话回访情况通报"


@dataclass(frozen=True)
class Texts:
    """The words of a notice that only its district knows. All of them may be missing; what is not given is not made up.

    `form` is "long" (parts with headings, and which differences are more than chance) or "short" (two paragraphs, with chance
    left to the companion). `title`, `basis`, `target`, `request` and `next_notice` may hold PLACEHOLDERS in braces. `cases` is
    what the survey counts, such as 办件 or 工单. `basis` are paragraphs: why there is a survey, by which document. `target`
    is a sentence after the averages; `request` takes the place of what a notice asks of departments otherwise. `seal` is the line
    below the signature that says whose seal stands for the issuer's (代章). `copies` are 抄送; `printed_by` and `printed_on`
    are 印发机关 and 印发日期, where they are not the issuer and the date of the notice. `is_red`: the head is printed in red.
    """

    form: Form = "long"
    title: str = ""
    programme: str = ""
    cases: str = CASES
    basis: tuple[str, ...] = ()
    target: str = ""
    request: tuple[str, ...] = ()
    seal: str = ""
    copies: str = ""
    contact: str = ""
    next_notice: str = ""
    printed_by: str = ""
    printed_on: date | None = None
    is_red: bool = False

    def fitted(self, region: str, quarter: str, measure_names: Sequence[str]) -> Texts:
        """The same with every placeholder filled in for a notice; the title is never empty, and has its line breaks."""
        said = {
            "period": terms.period(quarter),
            "region": region,
            "programme": self.programme,
            "cases": self.cases,
            "measures": "、".join(measure_names),
        }
        return replace(
            self,
            title=(self.title or _TITLE).format(**said),
            basis=tuple(text.format(**said) for text in self.basis),
            target=self.target.format(**said),
            request=tuple(text.format(**said) for text in self.request),
            next_notice=self.next_notice.format(**said),
        )


# a district that says nothing
NONE = Texts()


def strangers(text: str) -> list[str]:
    """What stands in braces in a text and is no placeholder; raises ValueError where its braces do not match."""
    found = []
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            found.append(name)
    return found
