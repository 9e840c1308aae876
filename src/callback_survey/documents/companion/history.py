"""The rates of a quarter and of those before it, as they were served when the documents were made.

A release holds its own quarter alone, so what a trend shows is frozen with its documents (figures.csv). A notice that is issued
months later shows what its draft showed, whatever was corrected meanwhile.
"""

from __future__ import annotations

import csv
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from decimal import Decimal
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING, Any

from callback_survey.errors import DamagedFile
from callback_survey.quarter import Quarter
from callback_survey.storage import files, spreadsheet

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from callback_survey.releases import Release

logger = logging.getLogger(__name__)

FILE = "figures.csv"
QUARTERS = 8


@dataclass(frozen=True)
class QuarterRate:
    """One department, measure and quarter, in the names and units of `department_rates`; `revision` is that of its release."""

    quarter: str
    revision: int
    measure: str
    measure_name: str
    measure_definition: str | None
    department_code: str
    department_name: str
    valid_frame_count: int | None
    sample_count: int | None
    answered_count: int | None
    rate_pct: Decimal | None
    average_pct: Decimal | None
    ci_display_low: float | None
    ci_display_high: float | None
    is_suppressed: bool | None


_COLUMNS = tuple(field.name for field in fields(QuarterRate))
_OWN = ("quarter", "revision")
_UNNAMED = {"measure_name": "measure", "department_name": "department_code"}
_READ: dict[str, Any] = {
    **dict.fromkeys(("revision", "valid_frame_count", "sample_count", "answered_count"), int),
    **dict.fromkeys(("rate_pct", "average_pct"), Decimal),
    **dict.fromkeys(("ci_display_low", "ci_display_high"), float),
    "is_suppressed": "true".__eq__,
}


@dataclass(frozen=True)
class History:
    """The rates of up to eight quarters, the last of which is the companion's own."""

    rates: tuple[QuarterRate, ...]

    @cached_property
    def quarters(self) -> tuple[str, ...]:
        """From the first that has rates to the last, none left out: a quarter without rates is a gap in a trend."""
        known = sorted({rate.quarter for rate in self.rates})
        found = known[:1]
        while found and found[-1] != known[-1]:
            found.append(str(Quarter.parse(found[-1]).next()))
        return tuple(found)

    @cached_property
    def _by_department(self) -> Mapping[tuple[str, str], tuple[QuarterRate, ...]]:
        found: defaultdict[tuple[str, str], list[QuarterRate]] = defaultdict(list)
        for rate in sorted(self.rates, key=lambda rate: rate.quarter):
            found[rate.measure, rate.department_code].append(rate)
        return {key: tuple(rates) for key, rates in found.items()}

    def of(self, measure: str, department_code: str) -> tuple[QuarterRate, ...]:
        """A department's rates by quarter. A renamed department keeps its code, so its trend goes on; a merged one has a new code."""
        return self._by_department.get((measure, department_code), ())

    def averages(self, measure: str) -> dict[str, Decimal]:
        """The printed average of each quarter that has one."""
        return {
            rate.quarter: rate.average_pct
            for rate in self.rates
            if rate.measure == measure and rate.average_pct is not None
        }

    def csv(self) -> str:
        """As a table, in the order of quarters; with a mark in front by which spreadsheets know its encoding."""
        text = StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(_COLUMNS)
        writer.writerows([_written(value) for value in astuple(rate)] for rate in self.rates)
        return "\ufeff" + text.getvalue()


def runs(rates: Sequence[QuarterRate]) -> Iterator[tuple[QuarterRate, ...]]:
    """The rates that a line may join: of quarters that follow each other, by one definition, none of them missing or masked."""
    run: list[QuarterRate] = []
    for rate in rates:
        follows = run and (
            str(Quarter.parse(run[-1].quarter).next()) == rate.quarter
            and run[-1].measure_definition == rate.measure_definition
        )
        if run and (rate.rate_pct is None or not follows):
            yield tuple(run)
            run = []
        if rate.rate_pct is not None:
            run.append(rate)
    if run:
        yield tuple(run)


def read_history(connection: DuckDBPyConnection, release: Release, *, schema: str) -> History:
    """What was frozen with a release's documents; before they are there, what is served of the quarters before it.

    `connection` shows the release's marts in `schema`. Raises DamagedFile where the frozen table is not what was frozen.
    """
    from callback_survey.releases import has_documents, listed
    from callback_survey.releases.model import DOCUMENTS
    from callback_survey.storage import duck

    name = f"{DOCUMENTS}/{FILE}"
    expected = listed(release).get(name)
    if expected is not None:
        return _frozen(release, release.folder / name, expected)
    own = f"{duck.name(schema)}.department_rates"
    rates = list(_rates(connection, own, release.quarter, release.revision))
    # documents from before this was kept showed the quarter alone, and what is issued shows what its draft did
    before = [] if has_documents(release) else _before(connection, release)
    return History((*before, *rates))


def _before(connection: DuckDBPyConnection, release: Release) -> list[QuarterRate]:
    from callback_survey.releases import RATES, served
    from callback_survey.storage import duck

    found: list[QuarterRate] = []
    quarter = Quarter.parse(release.quarter)
    for _ in range(QUARTERS - 1):
        quarter = quarter.previous()
        try:
            for earlier in served(release.folder.parents[2], release.region_code, str(quarter)):
                path = earlier.folder / "marts" / f"{RATES}.parquet"
                if RATES not in earlier.tables or not _is_whole(path, earlier.tables[RATES].get("parquet_sha256")):
                    logger.warning(
                        "%s: the trend leaves out %s, whose rates are lost or damaged", release.name, earlier.name
                    )
                    continue
                source = duck.read_parquet([path])
                found[:0] = _rates(connection, source, earlier.quarter, earlier.revision)
        except DamagedFile as error:
            # what is damaged holds back its own quarter only
            logger.warning("%s: the trend leaves out %s: %s", release.name, quarter, error.what)
    return found


def _is_whole(path: Path, expected: str | None) -> bool:
    return path.is_file() and expected in (None, files.sha256_of(path))


def _rates(connection: DuckDBPyConnection, source: str, quarter: str, revision: int) -> Iterator[QuarterRate]:
    kept = {row[0] for row in connection.execute(f"describe from {source}").fetchall()}
    # a release from before a column was kept says nothing of it
    columns = [
        name if name in kept else " as ".join((_UNNAMED.get(name, "null"), name))
        for name in _COLUMNS
        if name not in _OWN
    ]
    rows = connection.execute(
        f"select {', '.join(columns)} from {source} where quarter = '{Quarter.parse(quarter)}' order by measure, department_code"
    ).fetchall()
    return (QuarterRate(quarter, revision, *row) for row in rows)


def _frozen(release: Release, path: Path, expected: str) -> History:
    if not _is_whole(path, expected):
        raise DamagedFile(
            f"{path.name} of release {release.name} is damaged or lost",
            where=str(path),
            expected=f"the bytes that SHA256SUMS lists, sha256 {expected[:16]}…",
            next_step="restore it from a backup: callback-survey releases verify shows all damage",
            region_code=release.region_code,
            quarter=release.quarter,
        )
    with path.open(encoding="utf-8-sig", newline="") as file:
        return History(tuple(_parsed(csv.DictReader(file))))


def _parsed(rows: Iterable[Mapping[str, str]]) -> Iterator[QuarterRate]:
    for row in rows:
        yield QuarterRate(**{name: _value(name, row[name]) for name in _COLUMNS})


def _value(name: str, text: str) -> Any:
    return _READ.get(name, spreadsheet.plain_text)(text) if text else None


def _written(value: Any) -> str:
    if value is None or isinstance(value, str):
        return str(spreadsheet.safe_text(value or ""))
    return str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)
