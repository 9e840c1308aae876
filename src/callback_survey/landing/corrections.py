"""What a corrected delivery changed: rows added, removed and changed, dataset by dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callback_survey.landing.ledger import LandingReport
from callback_survey.landing.tables import BESIDE, table_sql
from callback_survey.object_storage import Place
from callback_survey.storage import duck
from callback_survey.storage.lakes import home_of
from callback_survey.storage.scratch import scratch_folder

# What makes two rows the same row. Where a row stood in its file, and under which key it was tokenised, is no difference.
_KEYS = {
    "frame": ("case_id",),
    "calls": ("case_id", "called_at"),
    "published": ("department_name",),
}
_SAID = {"calls": ("question", "answer", "answer_code"), "published": ("measure", "figure", "printed")}
_IGNORED = ("region_code", "quarter", "delivery_id", "file", "line", "case_token", "phone_token")


@dataclass(frozen=True)
class DatasetDifference:
    """Row counts. A changed row has its key on both sides, with other content."""

    dataset: str
    added_count: int
    removed_count: int
    changed_count: int

    @property
    def is_empty(self) -> bool:
        return not (self.added_count or self.removed_count or self.changed_count)

    def __str__(self) -> str:
        return f"{self.dataset}: {self.added_count} added, {self.removed_count} removed, {self.changed_count} changed"


def compare(before: LandingReport, after: LandingReport, *, lake: Place, memory_limit: str) -> list[DatasetDifference]:
    """The differences between two landed deliveries of one region and quarter. A phone that changed counts only where its
    validity did, as tokens of two keys cannot be compared."""
    datasets = sorted(({*before.lake_files} | {*after.lake_files}) & {*_KEYS})
    return [_compare(dataset, before, after, lake, memory_limit) for dataset in datasets]


def _rows(report: LandingReport, dataset: str, lake: Place) -> str | None:
    """SQL for a dataset's rows; a call with what it answers, as a changed answer is a changed call, and a printed line with its figures."""
    rows = table_sql(report, dataset, lake)
    if rows is None or dataset not in BESIDE:
        return rows
    columns = ", ".join(_SAID[dataset])
    said = (
        f"select file, line, list(struct_pack({columns}) order by {columns}) as said "
        f"from {table_sql(report, BESIDE[dataset], lake)} group by file, line"
    )
    return f"(select * from {rows} left join ({said}) using (file, line))"


def _compare(
    dataset: str, before: LandingReport, after: LandingReport, lake: Place, memory_limit: str
) -> DatasetDifference:
    ignored = list(_IGNORED)
    if before.key_id == after.key_id and dataset == "frame":
        ignored.remove("phone_token")
    key = ", ".join(_KEYS[dataset])
    with (
        scratch_folder(home_of(lake), "spill") as spill,
        duck.connect(Path(":memory:"), memory_limit=memory_limit, spill=spill) as connection,
    ):
        for side, report in (("earlier", before), ("later", after)):
            other = after if report is before else before
            found, of_other = _rows(report, dataset, lake), _rows(other, dataset, lake)
            connection.execute(
                f"create temp view {side} as select columns(lambda name: name not in ({', '.join(map(repr, ignored))})) "
                f"from {found or of_other} where {found is not None}"
            )
        connection.execute("create temp table gone as select * from earlier except all select * from later")
        connection.execute("create temp table new as select * from later except all select * from earlier")
        added, removed, changed = duck.one_row(
            connection,
            f"""
            with changed as (select {key}, count(*) as row_count from gone group by all),
            changed_too as (select {key}, count(*) as row_count from new group by all)
            select
                (select count(*) from new),
                (select count(*) from gone),
                (
                    select coalesce(sum(least(changed.row_count, changed_too.row_count)), 0)::bigint
                    from changed inner join changed_too using ({key})
                )
            """,
        )
    return DatasetDifference(dataset, added - changed, removed - changed, changed)
