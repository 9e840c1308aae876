"""The valid frame of a quarter that nobody was called in yet: landed aside and judged by the same models as every frame.

Everything happens in a folder that is gone afterwards. Nothing is written to the lake or to the warehouse: what is landed
here cannot become a quarter's delivery, and no build reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import GateFailed, UsageError
from callback_survey.landing import land, ledger, removed
from callback_survey.landing.ledger import LandingReport
from callback_survey.object_storage import Place
from callback_survey.privacy import TokenKey
from callback_survey.scope import Scope
from callback_survey.storage.lakes import near
from callback_survey.storage.scratch import scratch_folder
from callback_survey.warehouse.build import build
from callback_survey.warehouse.database import Warehouse
from callback_survey.warehouse.published import content_hash

if TYPE_CHECKING:
    from callback_survey.run import Run

# What a frame is judged by: the models up to int_frame, which says which rows are valid.
_MODELS = ("+int_frame",)
# One delivery is in the scratch warehouse, so file and line name a row.
_VALID_CASES = """
    create temp table valid_cases as
    select judged.department_code, judged.case_id, landed.case_token, landed.phone_token
    from intermediate.int_frame as judged
    inner join raw.frame as landed on judged.file = landed.file and judged.line = landed.line
    where judged.exclusion_reason is null
"""


@dataclass(frozen=True)
class JudgedFrame:
    """A frame with its valid cases as table `valid_cases` of `connection`: department_code, case_id, case_token, phone_token.

    `counts` are valid cases by department code, `excluded` rows by reason; `warnings` are what gate 1 warns of.
    """

    report: LandingReport
    is_given: bool
    counts: dict[str, int]
    excluded: dict[str, int]
    warnings: tuple[str, ...]
    content_hash: str
    connection: duckdb.DuckDBPyConnection

    @property
    def valid_count(self) -> int:
        return sum(self.counts.values())

    @property
    def row_count(self) -> int:
        return self.valid_count + sum(self.excluded.values())

    @property
    def files(self) -> dict[str, str]:
        """The hashes of the frame's files by their names."""
        return {file.name: file.sha256 for file in self.report.files if file.dataset == "frame"}


@contextmanager
def open_frame(run: Run, scope: Scope, folder: Path | None) -> Iterator[JudgedFrame | None]:
    """The frame in `folder`, else the one of the quarter's current delivery; None where neither is there.

    Calls that lie beside the frame are left out: who was called must not decide who is drawn. Raises GateFailed for a frame
    that gate 1 would refuse, and RowsRemoved where that of the delivery was removed when its time had passed.
    """
    settings = run.settings
    landed = ledger.current(settings.lake, scope) if folder is None else None
    if folder is None and landed is None and (gone := removed.all_removed(settings.lake, scope)):
        raise removed.explained(gone[-1])
    if folder is None and (landed is None or "frame" not in landed.lake_files):
        yield None
        return
    with scratch_folder(settings.home, "plan") as scratch:
        lake = settings.lake if folder is None else scratch / "lake"
        warnings: tuple[str, ...] = ()
        if folder is not None:
            landed, warnings = _land(run, Delivery(scope.region_code, scope.quarter, folder), lake)
        assert landed is not None
        alone = replace(landed, lake_files={"frame": str(near(lake / landed.lake_files["frame"]))})
        warehouse = Warehouse(scratch / "warehouse", settings.memory_limit, run.run_id)
        with run.progress.step("judge", scope.region_code) as step:
            # the frame is a file of this machine now, wherever the lake is
            here = replace(settings, lake_url=None)
            build([alone], settings=here, warehouse=warehouse, select=_MODELS, say=step.say)
            step.result = "frame rows judged by the models of every quarter"
        with warehouse.open() as connection:
            frame = _read(connection, landed, folder is not None, warnings)
            if not frame.valid_count:
                raise _nothing_valid(frame)
            yield frame


def _land(run: Run, delivery: Delivery, lake: Place) -> tuple[LandingReport, tuple[str, ...]]:
    """Land a folder aside and hold gate 1 over it. The tokens are those that the quarter's delivery will have."""
    from callback_survey.checks.model import describe
    from callback_survey.expectations.gates import check_delivery

    settings = run.settings
    if not delivery.folder.is_dir():
        raise UsageError(
            f"no folder with a frame of {delivery.name}",
            where=str(delivery.folder),
            next_step="check --frame (the folder that holds the files), or --exports (the folder above <region>/<quarter>/)",
        )
    secret = settings.read_privacy_key()
    ledger.verify_key(settings.lake, TokenKey.from_secret(secret).key_id)
    with run.progress.step("land", delivery.region_code) as step:
        report = land(
            delivery,
            lake=lake,
            seeds=settings.seeds,
            secret=secret,
            memory_limit=settings.memory_limit,
            run_id=run.run_id,
            is_manifest_optional=True,
            is_frame_enough=True,
        )
        read, rejected = report.count("read_count"), report.count("rejected_count")
        step.result = f"{read:,} rows read, {rejected:,} rejected"
    with run.progress.step("gate 1", delivery.region_code) as step:
        checked = check_delivery(
            report,
            lake=lake,
            seeds=settings.seeds,
            memory_limit=settings.memory_limit,
            run_id=run.run_id,
            # it is landed aside, where there is nothing else
            elsewhere=[],
        )
        step.result = f"{len(checked.results)} checks, {len(checked.failures)} failed, {len(checked.warnings)} warned"
        if checked.failures:
            raise GateFailed(
                f"{delivery.name}: no sample can be planned on this frame: gate 1 (delivery) failed",
                where=str(delivery.folder),
                next_step="ask for a corrected frame, then plan again",
                region_code=delivery.region_code,
                quarter=delivery.quarter,
                alert_lines=describe(checked.failures),
            )
    return report, tuple(describe(checked.warnings))


def _read(
    connection: duckdb.DuckDBPyConnection, report: LandingReport, is_given: bool, warnings: tuple[str, ...]
) -> JudgedFrame:
    connection.execute(_VALID_CASES)
    connection.execute("create temp view frame_content as select department_code, case_id from valid_cases")
    counts = connection.execute(
        "select department_code, count(*) from valid_cases group by all order by all"
    ).fetchall()
    excluded = connection.execute(
        "select exclusion_reason, count(*) from intermediate.int_frame where exclusion_reason is not null "
        "group by all order by all"
    ).fetchall()
    return JudgedFrame(
        report=report,
        is_given=is_given,
        counts=dict(counts),
        excluded=dict(excluded),
        warnings=warnings,
        content_hash=content_hash(connection, "frame_content", ("department_code", "case_id")),
        connection=connection,
    )


def _nothing_valid(frame: JudgedFrame) -> UsageError:
    report = frame.report
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in frame.excluded.items())
    return UsageError(
        f"the frame has no valid case of {report.name}: of {frame.row_count:,} rows are out: {reasons or 'none'}",
        where=report.source_folder,
        expected=f"cases completed in {report.quarter} in departments of region {report.region_code}",
        next_step="check --quarter, --region and the folder",
        region_code=report.region_code,
        quarter=report.quarter,
    )
