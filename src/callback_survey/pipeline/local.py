"""A quarter without Airflow: the same steps in the same order, the same alerts, told from one process."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from callback_survey import alerts
from callback_survey.deliveries.delivery import DeliveredFile, Delivery
from callback_survey.errors import DamagedFile, DeliveryRefused, DocumentsFailed, GateFailed, SurveyError, is_stopped
from callback_survey.landing.ledger import LandingReport
from callback_survey.pipeline import documenting, following, landings, steps
from callback_survey.pipeline.verdicts import GateReport, held_back, merge_failures
from callback_survey.quarter import Quarter
from callback_survey.run import Run
from callback_survey.settings import Settings
from callback_survey.warehouse.dbt import DbtProcess

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlannedLanding:
    """What landing a delivery would do, in words; `details` are its files, or what is wrong with them."""

    delivery: Delivery
    effect: str
    details: tuple[str, ...]
    is_refused: bool = False


class _LogFile(logging.FileHandler):
    """A log whose disk may be full: the run's own error says so, and stack traces of its log would bury that."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is that of logging
        pass


def log_to_file(run: Run) -> Path:
    """From now on everything logged in this process goes to the run's log file. Returns its path."""
    path = _log_of(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        handlers=[_LogFile(path, encoding="utf-8")],
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    return path


@contextmanager
def beginning(run: Run, quarter: Quarter, region_code: str | None) -> Iterator[None]:
    """What keeps a run from beginning, such as a missing key or a home that cannot be written, is told like what ends one."""
    # with nobody to tell, the terminal says it, and no outbox is made in a home that may be a mistake
    has_channel = bool(run.settings.alert_urls_for("fail"))
    with _told(run, "begin", quarter, region_code) if has_channel else nullcontext():
        try:
            yield
        except OSError as error:
            raise SurveyError(
                f"the run cannot begin: {error.strerror or error}",
                where=str(error.filename or run.settings.home),
                expected="a home that the user of the run can write to, with room",
                next_step="make room or change the permissions, then run the quarter again",
            ) from error


def new_run_id(now: datetime | None = None) -> str:
    moment = now or datetime.now(UTC)
    # containers that share a home can have equal pids
    return f"cli-{moment:%Y%m%dT%H%M%S}-{os.getpid()}-{uuid.uuid4().hex[:4]}"


def run_quarter(run: Run, quarter: Quarter, region_code: str | None) -> SurveyError | None:
    """Run a quarter to its end. A region that fails a gate, or has no documents, does not stop the others; the failures come back
    as one."""
    run.settings.read_privacy_key()  # better now than after the first hundred regions
    try:
        try:
            verdicts, failures = _serve(run, quarter, region_code)
        finally:
            # outside the lock of the warehouse: another run may go on with it. Also where a region was held: the others are served
            with _told(run, "serve", quarter, region_code):
                steps.mirror(run)
        without = _document(run, verdicts, quarter, region_code) if verdicts is not None else None
    finally:
        alerts.tell_warnings(run.settings, run.run_id, _place(run, "gates", str(quarter), region_code))
    if not failures:
        return without
    merged = merge_failures(failures)
    merged.alert_lines += [without.what, *without.told] if without is not None else []
    return merged


def _serve(run: Run, quarter: Quarter, region_code: str | None) -> tuple[GateReport | None, list[GateFailed]]:
    """From the deliveries to served marts: what was released, and what a gate held back; None where nothing got so far."""
    verdicts: GateReport | None = None
    failures: list[GateFailed] = []
    with _told(run, "discover", quarter, region_code):
        found = steps.discover(run, quarter, region_code)
    with run.warehouse.lock(), _dbt(run, found, quarter, region_code) as dbt:
        landed: list[LandingReport] = []
        with closing(landings.land_all(run, found, _log_of(run))) as outcomes:
            for delivery, outcome in _each_told(run, outcomes, quarter, region_code):
                try:
                    with _told(run, "land", quarter, delivery.region_code):
                        landed.append(outcome())
                except GateFailed as failure:
                    failures.append(failure)
                except DamagedFile as damage:
                    failures.append(held_back(delivery.scope, damage))
        # in the order of the regions, whichever was done first
        landed.sort(key=lambda report: report.region_code)
        failures.sort(key=lambda failure: failure.region_code or "")
        if landed:
            try:
                verdicts = _publish(run, landed, dbt, quarter, region_code)
                with _told(run, "complete", quarter, region_code):
                    steps.complete(verdicts)
            except GateFailed as failure:
                failures.append(failure)
    return verdicts, failures


def _each_told(
    run: Run, outcomes: Iterator[tuple[Delivery, landings.Outcome]], quarter: Quarter, region_code: str | None
) -> Iterator[tuple[Delivery, landings.Outcome]]:
    """The outcomes as they come; what keeps any from coming, such as a lake that cannot be written, is told too."""
    while True:
        with _told(run, "land", quarter, region_code):
            found = next(outcomes, None)
        if found is None:
            return
        yield found


def _publish(
    run: Run, landed: list[LandingReport], dbt: DbtProcess | None, quarter: Quarter, region_code: str | None
) -> GateReport:
    """From landed deliveries to served marts. Returns what passed, and what gate 2 held back while the rest is served."""
    with _told(run, "build", quarter, region_code):
        built = steps.build(run, landed, dbt)
    with _told(run, "gate", quarter, region_code):
        verdicts = steps.gate(run, built)
    with _told(run, "release", quarter, region_code):
        verdicts = steps.release(run, built, verdicts).verdicts
    with _told(run, "revise_following", quarter, region_code):
        verdicts = following.revise(run, verdicts)
    with _told(run, "serve", quarter, region_code):
        served = steps.serve(run)
        steps.require_served(served, verdicts.passed)
    return verdicts


def _document(run: Run, verdicts: GateReport, quarter: Quarter, region_code: str | None) -> SurveyError | None:
    """The documents of what is served, and the news that it is there. Returns why some could not be made."""
    with _told(run, "documents", quarter, region_code):
        found = documenting.document(run, region_code)
    place = _place(run, "documents", str(quarter), region_code)
    passed = [(scope.region_code, scope.quarter) for scope in verdicts.passed if not found.lacks(scope)]
    alerts.tell_passed(run.settings, passed, place)
    alerts.tell_released(run.settings, found.made, place)
    try:
        with _told(run, "documents", quarter, region_code):
            documenting.require_made(found)
    except (DocumentsFailed, DamagedFile) as problem:
        return problem
    return None


def plan(run: Run, quarter: Quarter, region_code: str | None) -> list[PlannedLanding]:
    """What `run_quarter` would land and supersede, as far as manifests and hashes tell. Writes nothing."""
    from callback_survey import registers
    from callback_survey.deliveries import folders

    registers.validate(run.settings.seeds)
    found = folders.discover(run.settings.exports, quarter, region_code)
    return [_plan(run, delivery) for delivery in found]


def _plan(run: Run, delivery: Delivery) -> PlannedLanding:
    from callback_survey.deliveries import delivery as deliveries
    from callback_survey.landing import identify, ledger, removed
    from callback_survey.privacy import TokenKey

    settings = run.settings
    try:
        steps.verify_place(settings, delivery)
        manifest = deliveries.verify(delivery, is_manifest_optional=run.is_manifest_optional, allowing=run.allowing)
        delivered = manifest.files
    except DeliveryRefused as refusal:
        what = refusal.what.removeprefix(f"{delivery.name}: ")
        return PlannedLanding(delivery, f"would be refused: {what}", tuple(refusal.alert_lines), True)
    key = TokenKey.from_secret(settings.read_privacy_key())
    ledger.verify_key(settings.lake, key.key_id)
    delivery_id = identify(delivery, manifest, seeds=settings.seeds, key=key)
    digest = deliveries.content_digest(delivery.folder)
    gone = removed.same_content(settings.lake, delivery.scope, delivery_id, digest)
    if gone is not None:
        effect = (
            f"delivery {gone.delivery_id}: its rows were removed on {gone.removed_at[:10]}; nothing would be landed"
        )
        return PlannedLanding(delivery, effect, ())
    current = ledger.current(settings.lake, delivery.scope)
    if current is None:
        effect = f"delivery {delivery_id} would be the first"
    elif current.delivery_id == delivery_id:
        effect = f"delivery {delivery_id}: unchanged, already landed and current"
    else:
        effect = f"delivery {delivery_id} would supersede {current.delivery_id}, landed {current.landed_at}"
    details = [
        file.path.name if file.row_count is None else f"{file.path.name}: {file.row_count:,} rows" for file in delivered
    ]
    if current is not None and current.delivery_id == delivery_id:
        return PlannedLanding(delivery, effect, tuple(details))
    try:
        remarks, left_behind = _unread(settings, delivery, delivered)
    except DeliveryRefused as refusal:
        what = refusal.what.removeprefix(f"{delivery.name}: ")
        return PlannedLanding(delivery, f"would be refused: {what}", tuple(refusal.alert_lines), True)
    details += remarks
    if passed_over := [*manifest.passed_over, *left_behind]:
        details.append(f"passed over, left there by programs: {'、'.join(passed_over)}")
    return PlannedLanding(delivery, effect, tuple(details))


def _unread(settings: Settings, delivery: Delivery, delivered: Sequence[DeliveredFile]) -> tuple[list[str], list[str]]:
    """What of the files would not be read, by their headers alone. Raises DeliveryRefused where one of them is refused."""
    from callback_survey.deliveries import delivery as deliveries
    from callback_survey.deliveries.formats import open_tables
    from callback_survey.deliveries.headers import HeaderNotRecognised
    from callback_survey.deliveries.table import Unreadable
    from callback_survey.registers import datasets_in
    from callback_survey.storage.scratch import temporary_folder

    known = datasets_in(settings.seeds, delivery.scope)
    remarks: list[str] = []
    passed_over: list[str] = []
    with temporary_folder() as folder:
        for file in delivered:
            try:
                opened = open_tables(file.path, folder, known=known)
            except (Unreadable, HeaderNotRecognised) as error:
                name = file.path.name
                raise deliveries.refused(delivery, f"{name} cannot be read", [f"{name}: {error}"]) from error
            remarks += opened.remarks
            passed_over += opened.passed_over
    return remarks, passed_over


@contextmanager
def _dbt(run: Run, found: Sequence[Delivery], quarter: Quarter, region_code: str | None) -> Iterator[DbtProcess | None]:
    """dbt reads the project while the deliveries land; a run without a landed delivery ends it unused. None where it may not be needed."""
    from callback_survey.warehouse import unchanged
    from callback_survey.warehouse.build import start_dbt
    from callback_survey.warehouse.fingerprint import build_fingerprint

    code = build_fingerprint(run.settings)
    if unchanged.may_stand(run.warehouse, code, [delivery.scope for delivery in found]):
        yield None
        return
    # the registers are written out for it: this may be the first write of all
    with _told(run, "build", quarter, region_code):
        process = start_dbt(run.settings, run.warehouse)
    try:
        yield process
    finally:
        process.close()


@contextmanager
def _told(run: Run, step: str, quarter: Quarter, region_code: str | None) -> Iterator[None]:
    """Whatever ends a step is told, once per run and problem, by the same alert that Airflow's tasks send."""
    try:
        yield
    except Exception as error:
        if is_stopped(error):
            raise KeyboardInterrupt from error
        if not isinstance(error, SurveyError):
            logger.exception("%s: step %s failed", run.run_id, step)
        place = _place(run, step, str(quarter), region_code)
        alerts.tell_failure(run.settings, error, place, checks_of=run.run_id)
        raise


def _place(run: Run, step: str, quarter: str, region_code: str | None) -> alerts.Place:
    return alerts.Place(run.run_id, step, region_code, quarter, link=str(_log_of(run)))


def _log_of(run: Run) -> Path:
    return run.settings.logs / "runs" / f"{run.run_id}.log"
