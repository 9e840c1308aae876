"""From the lake to the marts: name the current deliveries' files as relations, run dbt once, stamp the result."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from callback_survey.deliveries import headers
from callback_survey.errors import DamagedWarehouse, StaleBuild, SurveyError
from callback_survey.landing.ledger import LandingReport
from callback_survey.landing.tables import BESIDE, table_sql
from callback_survey.object_storage import Place
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.storage import duck, files, lakes
from callback_survey.warehouse import commands, masks, records, unchanged
from callback_survey.warehouse.compared import COMPARED_FIGURES, Comparison
from callback_survey.warehouse.database import Warehouse
from callback_survey.warehouse.dbt import DbtProcess, arguments_of, environment_of
from callback_survey.warehouse.fingerprint import build_fingerprint
from callback_survey.warehouse.parsed import TARGET
from callback_survey.warehouse.project import project_of

logger = logging.getLogger(__name__)

_LOADED = "seeds-loaded"
_KEYS = ("region_code", "quarter", "delivery_id")
# What the lake holds besides the columns of the header table; personal columns are not in the lake at all.
_COLUMNS = {
    "frame": (
        "file",
        "line",
        "case_id",
        "case_token",
        "department_name",
        "completed_on",
        "phone_token",
        "is_phone_valid",
        "service_item",
    ),
    "calls": (
        "file",
        "line",
        "case_id",
        "case_token",
        "department_name",
        "called_at",
        "attempt_no",
        "disposition",
        "disposition_code",
        "agent_id",
        "reason",
        "comment",
    ),
    "answers": ("file", "line", "question", "answer", "answer_code"),
    "published": ("file", "line", *headers.dataset("published").column_names),
    "figures": ("file", "line", "measure", "figure", "printed"),
    "rejects": ("dataset", "file", "line", "reason", "detail", "department_name", "row_text"),
}
_FULL = {dataset: (*_KEYS, *columns) for dataset, columns in _COLUMNS.items()}
_TYPES = {
    "line": "bigint",
    "is_phone_valid": "boolean",
    "previous_revision": "bigint",
    "answered_count": "bigint",
    "success_count": "bigint",
    "rate": "double",
}
_IS_LOADED = "registers and rules are loaded and tested\n"


class _Opened(SurveyError):
    """Another program opened the warehouse file before dbt did."""


@dataclass(frozen=True)
class BuiltScope(Scope):
    """One region and quarter of a run, and the delivery it is built from."""

    delivery_id: str


@dataclass(frozen=True)
class BuildReport:
    """A finished build. Whoever reads the warehouse afterwards checks that it still holds this `build_id`."""

    build_id: str
    scope: tuple[BuiltScope, ...]
    # the warehouse file was damaged, and was made anew
    is_rebuilt: bool = False
    # nothing had changed since that build
    is_standing: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> BuildReport:
        return cls(**{**value, "scope": tuple(BuiltScope(**scope) for scope in value["scope"])})


def start_dbt(settings: Settings, warehouse: Warehouse) -> DbtProcess:
    """A dbt process that reads the project while the caller lands. The caller holds the warehouse lock."""
    environment = environment_of(settings, warehouse.path, warehouse.spill)
    where = arguments_of(settings, project_of(settings, warehouse), warehouse.folder / TARGET)
    return DbtProcess(environment, where, lock_descriptor=warehouse.lock_descriptor)


def build(
    landed: Sequence[LandingReport],
    *,
    settings: Settings,
    warehouse: Warehouse,
    compared: Mapping[Scope, Comparison] | None = None,
    released: Mapping[Scope, Path] | None = None,
    dbt: DbtProcess | None = None,
    select: Sequence[str] = (),
    say: Callable[[str], None] = lambda message: None,
) -> BuildReport:
    """Build the marts for the given current deliveries. The stamp is taken off first and put back last.

    Where the warehouse holds just this build, nothing is built again.

    `compared` are the released quarters that the changes of these are computed from; of a quarter that it does not name,
    no change is computed. `released` are the marts of the last revisions of these same quarters: what they mask stays masked.

    A damaged warehouse file is set aside and built again from the lake: it holds nothing that is only there.

    `select` builds a part of the project only (dbt's node selection): for a warehouse made for one question.
    """
    scope = tuple(BuiltScope(report.region_code, report.quarter, report.delivery_id) for report in landed)
    code = build_fingerprint(settings)
    note = unchanged.Note.of(code, landed, compared or {}, released or {})
    with warehouse.lock():
        # also of a build that stands: its views are over them
        for report in landed:
            lakes.bring_near(settings.lake, report.lake_files.values())
        # dbt's manifest describes what is released: where it is lost or cut off, a build writes it again
        standing = None if select else unchanged.standing(warehouse, note, manifest_path(warehouse))
        if standing is not None:
            return BuildReport(standing, scope, is_standing=True)
        _discard_if_outdated(warehouse, code)
        try:
            _fill(landed, settings, warehouse, compared or {}, released or {}, dbt, select, say)
            is_rebuilt = False
        except _Opened:
            # by somebody, just before dbt opened it: now it is waited for
            _fill(landed, settings, warehouse, compared or {}, released or {}, None, select, say)
            is_rebuilt = False
        except DamagedWarehouse as damage:
            kept = warehouse.set_aside()
            logger.warning("%s; kept as %s, and built again from the lake", damage.what, kept)
            say("the warehouse file was damaged: building it again from the lake")
            _discard_if_outdated(warehouse, code)
            _fill(landed, settings, warehouse, compared or {}, released or {}, None, select, say)
            is_rebuilt = True
        build_id = uuid.uuid4().hex[:12]
        with warehouse.open(read_only=False) as connection:
            connection.execute("create or replace table raw.build as select $1 as build_id", [build_id])
        if not select:
            unchanged.write(warehouse, note, build_id)
    return BuildReport(build_id, scope, is_rebuilt)


def _fill(
    landed: Sequence[LandingReport],
    settings: Settings,
    warehouse: Warehouse,
    compared: Mapping[Scope, Comparison],
    released: Mapping[Scope, Path],
    dbt: DbtProcess | None,
    select: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """Name the deliveries' files, then run dbt once. Raises DamagedWarehouse where it, or dbt, cannot read the file."""
    process = dbt
    # registers and rules do not change under one fingerprint: once loaded and tested, they are left alone
    loaded = warehouse.folder / _LOADED
    is_loaded = loaded.is_file() and warehouse.path.is_file()
    # a part is made for one question about one region: no work for a cluster
    is_shared = settings.engine == "spark" and not select
    try:
        with warehouse.open(read_only=False) as connection:
            _write_raw(connection, landed, settings.lake)
            _write_previous_rates(connection, compared)
            masks.write(connection, released)
        process = dbt or start_dbt(settings, warehouse)
        if is_shared:
            if not is_loaded:
                process.run(commands.registers(), say)
                process.close()
                files.write_text(loaded, _IS_LOADED)
                process = start_dbt(settings, warehouse)
            records.build(
                landed, settings=settings, warehouse=warehouse, code=build_fingerprint(settings), columns=_FULL, say=say
            )
            process.run(commands.rest(), say)
            return
        row_count = sum(report.count("accepted_count") for report in landed)
        everything = commands.everything(is_loaded=is_loaded, row_count=row_count)
        process.run(commands.part(select) if select else everything, say)
        if not select:
            files.write_text(loaded, _IS_LOADED)
    except SurveyError as error:
        # dbt's process tells in words only what DuckDB said to it
        said = " ".join(error.alert_lines)
        if warehouse.opener(said) is not None:
            raise _Opened(error.what, next_step=error.next_step, alert_lines=error.alert_lines) from error
        if warehouse.is_damage(said):
            raise warehouse.damaged(error.alert_lines[0]) from error
        raise
    finally:
        if process is not None:
            process.close()


def verify_stamp(connection: duckdb.DuckDBPyConnection, report: BuildReport) -> None:
    """Raises StaleBuild unless the warehouse still holds what this run built."""
    stamped = duck.first_row(
        connection, "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'build'"
    )
    found = duck.first_row(connection, "select build_id from raw.build") if stamped else None
    if found != (report.build_id,):
        raise StaleBuild(
            "the warehouse holds another run's build",
            expected=f"build {report.build_id}, found {found[0] if found else 'an unfinished one'}",
            next_step="run the quarter again: nothing of this run was released",
        )


def manifest_path(warehouse: Warehouse) -> Path:
    """dbt's own description of the project as it was last built."""
    return warehouse.folder / TARGET / "manifest.json"


def _discard_if_outdated(warehouse: Warehouse, fingerprint: str) -> None:
    """A warehouse built by other models or registers is thrown away: it can be rebuilt, and half-old rows could mislead."""
    if not warehouse.is_of(fingerprint):
        wal = warehouse.path.with_name(f"{warehouse.path.name}.wal")
        for path in (warehouse.folder / _LOADED, warehouse.path, wal):
            path.unlink(missing_ok=True)
        files.write_text(warehouse.stamp, fingerprint)


def _write_raw(connection: duckdb.DuckDBPyConnection, landed: Sequence[LandingReport], lake: Place) -> None:
    """Views over the explicit files of the current deliveries: a glob would count a superseded delivery twice."""
    connection.execute("create schema if not exists raw")
    connection.execute("drop table if exists raw.build")
    connection.execute(
        "create or replace table raw.deliveries (region_code text, quarter text, delivery_id text, "
        "has_cases boolean, has_published boolean)"
    )
    deliveries = [
        [
            report.region_code,
            report.quarter,
            report.delivery_id,
            "frame" in report.lake_files,
            "published" in report.lake_files,
        ]
        for report in landed
    ]
    if deliveries:  # none: every relation is built without a row
        connection.executemany("insert into raw.deliveries values (?, ?, ?, ?, ?)", deliveries)
    for dataset, columns in _COLUMNS.items():
        paths = [lakes.near(lake / report.lake_files[dataset]) for report in landed if dataset in report.lake_files]
        tables = [duck.read_parquet(paths)] if paths else []
        if dataset in BESIDE.values():
            earlier = [table_sql(report, dataset, lake) for report in landed if dataset not in report.lake_files]
            tables += [table for table in earlier if table is not None]
        connection.execute(f"create or replace view raw.{dataset} as {_select(columns, tables)}")


def _write_previous_rates(connection: duckdb.DuckDBPyConnection, compared: Mapping[Scope, Comparison]) -> None:
    """The quarter before each built one, as released: the warehouse may hold another build of it, or none."""
    parts = [_previous_rates(scope, found) for scope, found in compared.items()]
    names = ("region_code", "quarter", "previous_quarter", "previous_revision", *COMPARED_FIGURES)
    selected = " union all ".join(parts) or _nothing(names)
    connection.execute(f"create or replace view raw.previous_rates as {selected}")


def _previous_rates(scope: Scope, found: Comparison) -> str:
    return (
        f"select '{scope.region_code}' as region_code, '{scope.quarter}' as quarter, "
        f"'{found.quarter}' as previous_quarter, {found.revision}::bigint as previous_revision, "
        f"{', '.join(COMPARED_FIGURES)} from {duck.read_parquet([found.path])}"
    )


def _select(columns: Sequence[str], tables: Sequence[str]) -> str:
    names = [*_KEYS, *columns]
    return " union all ".join(f"select {', '.join(names)} from {table}" for table in tables) or _nothing(names)


def _nothing(names: Sequence[str]) -> str:
    typed = ", ".join(f"null::{_TYPES.get(name, 'text')} as {name}" for name in names)
    return f"select {typed} where false"
