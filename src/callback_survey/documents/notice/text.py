"""The whole text of a notice as values: every word and figure in its place, before it becomes a page, a PDF or a DOCX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from callback_survey.documents.notice import long_form, words
from callback_survey.documents.notice.annex_text import AnnexText, annex_text
from callback_survey.documents.notice.data import NoticeData
from callback_survey.documents.notice.heading import DRAFT, Heading
from callback_survey.documents.notice.long_form import MeasureText
from callback_survey.wording import figures, signs, terms

DRAFT_MARK = "征求意见稿 · 未签发"
MISSING_TYPE = "〓"
_MISSING_TYPE_NOTE = f"排版所用字体没有的字符，以“{MISSING_TYPE}”代替；网页版保留原字符。"


@dataclass(frozen=True)
class Origin:
    """The release that the figures come from; a preview has none.

    `data_note` says what the data are where they are not an ordinary survey. `accepted` are failed checks that a person
    accepted for the release.
    """

    revision: str | None = None
    content_hash: str | None = None
    data_note: str | None = None
    accepted: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class NoticeText:
    """A notice, part by part in reading order. Paragraphs are plain text without markup."""

    heading: Heading
    status: str
    region: str
    subject: str
    data_note: str | None
    basis: tuple[str, ...]
    overall: tuple[tuple[str, ...], ...]
    measures: tuple[MeasureText, ...]
    legend: tuple[tuple[str, str], ...]
    list_note: str
    unrated: tuple[str, ...]
    request: tuple[str, ...]
    annexes: tuple[AnnexText, ...]
    imprint: tuple[tuple[str, str], ...]
    imprint_notes: tuple[str, ...]
    running_foot: str

    @property
    def title(self) -> str:
        return f"{self.region}{self.subject}{'（征求意见稿）' if self.heading.is_draft else ''}"

    def without(self, characters: Set[str]) -> NoticeText:
        """The same where `characters` of what people and companies wrote are replaced by 〓, as printers mark a type they lack."""
        marks = dict.fromkeys(map(ord, characters), MISSING_TYPE)
        heading = replace(
            self.heading,
            issuer=self.heading.issuer.translate(marks),
            number=self.heading.number.translate(marks),
            addressees=self.heading.addressees.translate(marks),
            approved_by=self.heading.approved_by and self.heading.approved_by.translate(marks),
        )
        return replace(
            self,
            heading=heading,
            data_note=self.data_note and self.data_note.translate(marks),
            imprint=tuple((name, said.translate(marks)) for name, said in self.imprint),
            imprint_notes=(*(note.translate(marks) for note in self.imprint_notes), _MISSING_TYPE_NOTE),
        )


def compose(marts: NoticeData, origin: Origin | None = None, heading: Heading = DRAFT) -> NoticeText:
    """Say what the marts hold. The same marts, origin and heading give the same text."""
    origin = origin or Origin()
    period = terms.period(marts.quarter)
    region = f"{marts.parent_region_name or ''}{marts.region_name}"
    measures = marts.measures
    return NoticeText(
        heading=heading,
        status=DRAFT_MARK if heading.is_draft else "",
        region=region,
        subject=terms.notice_title(marts.quarter),
        data_note=origin.data_note,
        basis=long_form.basis(marts, period),
        overall=tuple(long_form.overall(measure) for measure in measures),
        measures=tuple(long_form.measure_text(number, measure) for number, measure in enumerate(measures, 1)),
        legend=signs.LEGEND if long_form.has_tested(marts) else (),
        list_note=f"{long_form.LIST_NOTE}{marts.sign_use or ''}",
        unrated=tuple(long_form.unrated(marts)),
        request=tuple(long_form.request(marts)),
        annexes=tuple(
            annex_text(number, measure, region, period, marts.is_published_only)
            for number, measure in enumerate(measures, 1)
        ),
        imprint=tuple(_imprint(marts, region, origin, heading)),
        imprint_notes=tuple(_imprint_notes(marts, origin)),
        running_foot=_running_foot(marts, origin),
    )


def _imprint(marts: NoticeData, region: str, origin: Origin, heading: Heading) -> list[tuple[str, str]]:
    said = [
        ("地区", f"{region}（{marts.region_code}）"),
        ("季度", marts.quarter),
        ("版本", origin.revision or "预览，未发布"),
        ("内容校验值", origin.content_hash or figures.BLANK),
    ]
    return said if heading.is_draft else [*said, ("批准", heading.approved)]


def _imprint_notes(marts: NoticeData, origin: Origin) -> list[str]:
    reconciliation = words.reconciliation_sentence(marts.reconciliation_counts)
    said = [reconciliation] if reconciliation else []
    if origin.data_note:
        said.append(f"数据说明：{origin.data_note}")
    return [*said, *(f"发布说明：{words.acceptance_sentence(check)}" for check in origin.accepted)]


def _running_foot(marts: NoticeData, origin: Origin) -> str:
    """Which release a single printed page belongs to."""
    parts = (marts.region_code, marts.quarter, origin.revision or "预览", (origin.content_hash or "")[:12])
    return " ".join(part for part in parts if part)
