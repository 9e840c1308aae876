"""The marts of a run's regions as new revisions, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from callback_survey import releases
from callback_survey.errors import DamagedFile
from callback_survey.landing import corrections, ledger
from callback_survey.landing.corrections import DatasetDifference
from callback_survey.landing.ledger import LandingReport
from callback_survey.local_time import local_date, months_before
from callback_survey.pipeline.verdicts import reports_of
from callback_survey.quarter import Quarter
from callback_survey.releases import Release
from callback_survey.releases.comparison import comparison_for
from callback_survey.run import Run
from callback_survey.scope import Scope
from callback_survey.serving import serve as serving
from callback_survey.storage import modes
from callback_survey.warehouse import published
from callback_survey.warehouse.build import BuiltScope, manifest_path
from callback_survey.warehouse.fingerprint import code_fingerprint
from callback_survey.warehouse.published import PublishedTable

if TYPE_CHECKING:
    import duckdb


@dataclass
class Frozen:
    """The new revisions, and what could not be frozen; a scope in neither has nothing new."""

    new: dict[Scope, Release] = field(default_factory=dict)
    failed: dict[Scope, DamagedFile] = field(default_factory=dict)


def freeze(
    run: Run,
    connection: duckdb.DuckDBPyConnection,
    scopes: Sequence[BuiltScope],
    released: Mapping[str, str],
    say: Callable[[str], None],
) -> Frozen:
    """Freeze what passed; `connection` is the warehouse. A killed run leaves the rest to the next one.

    `released` are the revisions, by the key of a scope, of which it is known that this very build made or equals them.
    """
    frozen = Frozen()
    if not scopes:
        return frozen
    manifest = manifest_path(run.warehouse)
    public, restricted = (
        published.published_tables(manifest, exposure) for exposure in (published.PUBLIC, published.RESTRICTED)
    )
    found = [scope for scope in scopes if not _is_released(run, scope, released.get(scope.key), restricted)]
    contents = published.content_hashes(connection, public, found)
    code = code_fingerprint(run.settings.dbt_project, run.settings.seeds)
    for count, scope in enumerate(found, start=1):
        try:
            new = _freeze(run, connection, scope, public, restricted, contents[scope], code)
        except DamagedFile as error:
            frozen.failed[scope] = error
            continue
        if new is not None:
            frozen.new[scope] = new
            if len(found) > 1:
                say(f"{count}/{len(found)} {new.name}")
    return frozen


def _is_released(run: Run, scope: BuiltScope, known: str | None, restricted: Sequence[PublishedTable]) -> bool:
    """Whether the last revision is the `known` one, with the partitions of its single cases: then nothing is to be done."""
    settings = run.settings
    paths = [serving.restricted_path(table, settings.restricted, scope) for table in restricted]
    has_cases = all(path.is_file() for path in paths) or _are_cases_past(run, scope, restricted)
    if known is None or not has_cases:
        return False
    try:
        return [release.folder.name for release in releases.revisions(settings.releases, scope)[-1:]] == [known]
    except DamagedFile:  # told where it is frozen
        return False


def _are_cases_past(run: Run, scope: BuiltScope, restricted: Sequence[PublishedTable]) -> bool:
    """Whether the partitions of single cases are gone because their time has passed: a run of the same delivery does not bring
    them back. Of another one, somebody may need to look at a case."""
    settings = run.settings
    months = settings.retention.get("restricted")
    if months is None or Quarter.parse(scope.quarter).last_day > months_before(local_date(datetime.now(UTC)), months):
        return False
    if any(serving.restricted_path(table, settings.restricted, scope).is_file() for table in restricted):
        return False
    try:
        earlier = releases.revisions(settings.releases, scope)
    except DamagedFile:  # told where it is frozen
        return False
    return any(release.delivery_id == scope.delivery_id for release in earlier)


def _freeze(
    run: Run,
    connection: duckdb.DuckDBPyConnection,
    scope: BuiltScope,
    public: Sequence[PublishedTable],
    restricted: Sequence[PublishedTable],
    content: Mapping[str, str],
    code: str,
) -> Release | None:
    """A revision and, before it, the partitions of its single cases."""
    settings = run.settings
    landed = ledger.find(settings.lake, scope, scope.delivery_id)
    if landed is None:
        raise FileNotFoundError(f"the lake no longer holds delivery {scope.delivery_id} of {scope.name}")
    with modes.served_to(settings.readers):
        settings.serving.mkdir(parents=True, exist_ok=True)
    if not _are_cases_past(run, scope, restricted):
        with modes.private():
            serving.export_restricted(connection, restricted, settings.restricted, scope)
    compared = comparison_for(settings.releases, scope)
    with modes.served_to(settings.readers):
        return releases.freeze_marts(
            connection,
            landed,
            reports_of(run, scope),
            public,
            content,
            releases=settings.releases,
            public=settings.public,
            run_id=run.run_id,
            code_fingerprint=code,
            changed_rows=_changed_rows(run, landed),
            compared_with=compared.as_json() if compared else None,
        )


def _changed_rows(run: Run, landed: LandingReport) -> list[DatasetDifference]:
    """How the delivery differs from the one that the latest revision was made of; nothing for the same, a lost or a damaged one."""
    earlier = releases.revisions(run.settings.releases, landed.scope)
    if not earlier or earlier[-1].delivery_id == landed.delivery_id:
        return []
    before = ledger.find(run.settings.lake, landed.scope, earlier[-1].delivery_id)
    if before is None or ledger.damaged_files(run.settings.lake, before):
        return []
    return corrections.compare(before, landed, lake=run.settings.lake, memory_limit=run.settings.memory_limit)
