"""The whole text of a notice as values: every word and figure in its place, before it becomes a page, a PDF or a DOCX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from callback_survey.documents.notice import long_form, short_form, words
from callback_survey.documents.notice.annex_text import AnnexText, annex_text
from callback_survey.documents.notice.data import NoticeData
from callback_survey.documents.notice.heading import DRAFT, Heading
from callback_survey.documents.notice.long_form import MeasureText
from callback_survey.documents.notice.short_form import Span
from callback_survey.documents.notice.texts import LINE_BREAK, Texts
from callback_survey.wording import figures, terms

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
    """A notice, part by part in reading order. Paragraphs are plain text without markup. `correction` is empty in a notice that takes
    the place of none.

    The short form has `findings`, one paragraph, and none of `basis`, `overall`, `measures`, `legend`, `list_note` and `unrated`.
    """

    heading: Heading
    status: str
    title_lines: tuple[str, ...]
    data_note: str | None
    correction: str
    lead: tuple[str, ...]
    findings: tuple[Span, ...]
    target: str
    basis: tuple[str, ...]
    overall: tuple[tuple[str, ...], ...]
    measures: tuple[MeasureText, ...]
    legend: tuple[tuple[str, str], ...]
    list_note: str
    unrated: tuple[str, ...]
    request: tuple[str, ...]
    closing: tuple[str, ...]
    annexes: tuple[AnnexText, ...]
    imprint: tuple[tuple[str, str], ...]
    imprint_notes: tuple[str, ...]
    running_foot: str

    @property
    def ending(self) -> tuple[str, ...]:
        """The last paragraphs, with which the signature stays together. Whom to ask is a line, and alone no text that is signed."""
        return (*self.request[-1:], *self.closing)

    @property
    def request_before_the_end(self) -> tuple[str, ...]:
        return self.request[:-1]

    @property
    def title(self) -> str:
        return f"{''.join(self.title_lines)}{'（征求意见稿）' if self.heading.is_draft else ''}"

    def without(self, characters: Set[str]) -> NoticeText:
        """The same where `characters` of what people and companies wrote are replaced by 〓, as printers mark a type they lack."""
        marks = dict.fromkeys(map(ord, characters), MISSING_TYPE)
        heading = self.heading
        texts = heading.texts
        heading = replace(
            heading,
            issuer=heading.issuer.translate(marks),
            number=heading.number.translate(marks),
            addressees=heading.addressees.translate(marks),
            signatory=heading.signatory.translate(marks),
            approved_by=heading.approved_by and heading.approved_by.translate(marks),
            texts=replace(
                texts,
                seal=texts.seal.translate(marks),
                copies=texts.copies.translate(marks),
                printed_by=texts.printed_by.translate(marks),
            ),
        )
        return replace(
            self,
            heading=heading,
            data_note=self.data_note and self.data_note.translate(marks),
            correction=self.correction.translate(marks),
            lead=tuple(said.translate(marks) for said in self.lead),
            target=self.target.translate(marks),
            findings=tuple(
                Span(span.words.replace(self.target, self.target.translate(marks)), span.is_strong)
                for span in self.findings
            ),
            request=tuple(said.translate(marks) for said in self.request),
            closing=tuple(said.translate(marks) for said in self.closing),
            imprint=tuple((name, said.translate(marks)) for name, said in self.imprint),
            imprint_notes=(*(note.translate(marks) for note in self.imprint_notes), _MISSING_TYPE_NOTE),
        )


def compose(marts: NoticeData, origin: Origin | None = None, heading: Heading = DRAFT) -> NoticeText:
    """Say what the marts hold. The same marts, origin and heading give the same text."""
    origin = origin or Origin()
    period = terms.period(marts.quarter)
    region = f"{marts.parent_region_name or ''}{marts.region_name}"
    measures = marts.measures
    texts = heading.texts.fitted(region, marts.quarter, [measure.measure_name for measure in measures])
    is_short = texts.form == "short"
    return NoticeText(
        heading=replace(heading, texts=texts),
        status=DRAFT_MARK if heading.is_draft else "",
        title_lines=tuple(line.strip() for line in texts.title.split(LINE_BREAK)),
        data_note=origin.data_note,
        correction=heading.correction.sentence if heading.correction else "",
        lead=texts.basis or ((short_form.lead(period, texts.programme),) if is_short else ()),
        findings=short_form.findings(marts, period, texts.target) if is_short else (),
        target=texts.target,
        **(
            {**_NOTHING_LONG, "request": texts.request or (long_form.ASKED,)}
            if is_short
            else _long(marts, period, texts)
        ),
        closing=tuple(said for said in (texts.next_notice, f"联系：{texts.contact}" if texts.contact else "") if said),
        annexes=tuple(
            annex_text(number, measure, period, marts.is_published_only) for number, measure in enumerate(measures, 1)
        ),
        # an issued page says what it says; where it comes from stands in issue.json and the companion
        imprint=tuple(_imprint(marts, region, origin)) if heading.is_draft else (),
        imprint_notes=tuple(_imprint_notes(marts, origin, heading)),
        running_foot=_running_foot(marts, origin) if heading.is_draft else "",
    )


_NOTHING_LONG: dict[str, Any] = {
    "basis": (),
    "overall": (),
    "measures": (),
    "legend": (),
    "list_note": "",
    "unrated": (),
}


def _long(marts: NoticeData, period: str, texts: Texts) -> dict[str, Any]:
    """The parts of the long form."""
    return {
        "basis": long_form.basis(marts, period, texts.cases),
        "overall": tuple(long_form.overall(measure) for measure in marts.measures),
        "measures": tuple(long_form.measure_text(number, one) for number, one in enumerate(marts.measures, 1)),
        "legend": long_form.legend(marts, texts.cases),
        "list_note": f"{long_form.LIST_NOTE}{marts.sign_use or ''}",
        "unrated": tuple(long_form.unrated(marts)),
        "request": tuple(long_form.request(marts, texts)),
    }


def _imprint(marts: NoticeData, region: str, origin: Origin) -> list[tuple[str, str]]:
    return [
        ("地区", f"{region}（{marts.region_code}）"),
        ("季度", marts.quarter),
        ("版本", origin.revision or "预览，未发布"),
        ("内容校验值", origin.content_hash or figures.BLANK),
    ]


def _imprint_notes(marts: NoticeData, origin: Origin, heading: Heading) -> list[str]:
    """What a reader has to know of the data; in a draft also what its reviewer has."""
    said = [f"发布说明：{words.acceptance_sentence(check)}" for check in origin.accepted]
    if not heading.is_draft:
        return said
    reconciliation = words.reconciliation_sentence(marts.reconciliation_counts)
    noted = [f"数据说明：{origin.data_note}"] if origin.data_note else []
    return [*([reconciliation] if reconciliation else []), *noted, *said]


def _running_foot(marts: NoticeData, origin: Origin) -> str:
    """Which release a single printed page belongs to."""
    parts = (marts.region_code, marts.quarter, origin.revision or "预览", (origin.content_hash or "")[:12])
    return " ".join(part for part in parts if part)
