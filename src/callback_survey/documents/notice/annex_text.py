"""The text of an annex: its title, its columns, and a line for each department."""

from __future__ import annotations

from dataclasses import dataclass

from callback_survey.documents.notice.data import AnnexRow, MeasureSummary
from callback_survey.wording import figures


@dataclass(frozen=True)
class AnnexLine:
    """The cells of a line: number, name, frame, sample, then the shares."""

    cells: tuple[str, ...]
    is_sampled: bool


@dataclass(frozen=True)
class AnnexText:
    """An annex. `headings` are the columns with their units, which may be empty; `group` stands above the third and the fourth."""

    number: int
    measure: str
    title: str
    headings: tuple[tuple[str, str], ...]
    group: str
    lines: tuple[AnnexLine, ...]
    note: str


def annex_text(number: int, measure: MeasureSummary, period: str, is_published_only: bool) -> AnnexText:
    """An annex as it stands in every form of the notice."""
    name = measure.measure_name
    title = f"{period}电话回访{name}情况"
    note = "各项数字均照原印发附件转录。" if is_published_only else ""
    note += "“—”表示没有数据：部门未抽样，或没有人回答该题"
    note += "，或原附件没有列出该部门" if measure.unlisted_names else ""
    note += (
        f"。“{figures.MASKED}”表示人数少，为保护答复人不予公布" if any(row.has_masked for row in measure.annex) else ""
    )
    return AnnexText(
        number=number,
        measure=measure.measure,
        title=title,
        headings=(
            ("序号", ""),
            ("部门名称", ""),
            ("有效样本框", ""),
            ("抽样数", ""),
            *map(_heading, measure.share_labels),
        ),
        group="抽样指数",
        lines=tuple(_annex_line(row) for row in measure.annex),
        note=f"{note}。{name}由高到低排列，没有数据的列在最后。",
    )


def _heading(label: str) -> tuple[str, str]:
    """A printed head and its unit, which begins at the first bracket."""
    place = min((found for found in map(label.find, "（(") if found > 0), default=len(label))
    return label[:place], label[place:]


def _annex_line(row: AnnexRow) -> AnnexLine:
    shares = (
        figures.MASKED if share is None and row.has_masked else figures.percent(share if row.is_sampled else None)
        for share in row.shares_pct
    )
    counts = (figures.count(row.valid_frame_count), figures.count(row.sample_count))
    cells = (str(row.row_number), row.department_name, *counts, *shares)
    return AnnexLine(cells, row.is_sampled)
