"""What the pipeline needs of a machine and its settings, looked at one by one. Nothing is changed or sent.

Each look says what it found and, where something is missing, the next step. One that breaks is a finding too: the others go on.
"""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from callback_survey import __version__, registers
from callback_survey.alerts import channels
from callback_survey.documents.notice import own_texts, pdf
from callback_survey.errors import SurveyError
from callback_survey.landing import ledger, removed
from callback_survey.object_storage import shown
from callback_survey.privacy import TokenKey
from callback_survey.serving import mirror
from callback_survey.serving.postgres.address import Address
from callback_survey.setting_values import PREFIX
from callback_survey.settings import Settings
from callback_survey.storage import files, lakes, locks
from callback_survey.watch import problems
from callback_survey.wording.catalogue import Words

State = Literal["ok", "warn", "fail"]
_DISTRIBUTION = "callback-survey"
_SHOWN = ("apache-airflow-core", "dbt-core", "duckdb")


@dataclass(frozen=True)
class Finding:
    """What a look found. `warn`: the pipeline works, and something a person may expect of it does not."""

    subject: str
    state: State
    found: str
    next_step: str = ""


def examine(settings: Settings, say: Words) -> Iterator[Finding]:
    """The looks in the order in which a new installation needs them; what the watch words itself is in the language of `say`."""
    yield _guarded("versions", _versions)
    yield _guarded("settings", lambda: _settings(settings))
    yield _guarded("registers", lambda: _registers(settings))
    yield _guarded("privacy key", lambda: _key(settings))
    yield _guarded("home", lambda: _home(settings.home))
    yield _guarded("lake", lambda: _lake(settings))
    yield _guarded("disk", lambda: _disk(settings, say))
    yield _guarded("documents", lambda: _documents(settings))
    yield _guarded("PostgreSQL", lambda: _postgres(settings))
    yield _guarded("mirror", lambda: _mirror(settings))
    if settings.engine == "spark":
        yield _guarded("Spark", lambda: _spark(settings))
    yield _guarded("channels", lambda: _channels(settings))
    yield _guarded("retention", lambda: _retention(settings))


def _guarded(subject: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except SurveyError as error:
        said = [error.what, *error.alert_lines, error.where or ""]
        return Finding(subject, "fail", "; ".join(filter(None, said)), error.next_step or "")
    except OSError as error:
        return Finding(subject, "fail", f"{error.filename or ''} {error.strerror or error}".strip(), "mend the machine")


def _versions() -> Finding:
    """The packages beside this one: an Airflow that was there before may have others than the lock."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    unfit = []
    for text in metadata.requires(_DISTRIBUTION) or []:
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            found = _version_of(wanted.name)
            if found is None or not wanted.specifier.contains(found, prereleases=True):
                unfit.append(f"{wanted.name} {found or '-'} ({wanted.specifier})")
    python = platform.python_version()
    if not SpecifierSet(metadata.metadata(_DISTRIBUTION)["Requires-Python"]).contains(python):
        unfit.append(f"Python {python}")
    if unfit:
        return Finding(
            "versions",
            "fail",
            f"not the versions it was tested with: {', '.join(unfit)}",
            "install it with requirements.lock as constraints (docs/deploy.md)",
        )
    airflow, dbt, duckdb = (_version_of(name) or "-" for name in _SHOWN)
    return Finding(
        "versions",
        "ok",
        f"callback_survey {__version__}, Python {python}, Airflow {airflow}, dbt {dbt}, DuckDB {duckdb}",
    )


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _settings(settings: Settings) -> Finding:
    if not settings.exports.is_dir():
        return Finding(
            "settings",
            "fail",
            f"the folder of the exports is not there: {settings.exports}",
            f"correct {PREFIX}EXPORTS, or mount the folder here",
        )
    return Finding("settings", "ok", f"home {settings.home}, exports {settings.exports}")


def _registers(settings: Settings) -> Finding:
    registers.validate(settings.seeds)
    own_texts.read(settings.notices)
    if settings.registers is None:
        return Finding(
            "registers",
            "warn",
            "no registers of an instance: no region is surveyed",
            f"callback-survey init FOLDER, then set {PREFIX}REGISTERS",
        )
    return Finding("registers", "ok", str(settings.registers))


def _key(settings: Settings) -> Finding:
    key = TokenKey.from_secret(settings.read_privacy_key())
    ledger.verify_key(settings.lake, key.key_id)
    return Finding("privacy key", "ok", f"set (key id {key.key_id})")


def _home(home: Path) -> Finding:
    """The pipeline renames, links, locks and flushes to disk: not every shared folder can."""
    if not home.is_dir():
        parent = next(folder for folder in home.parents if folder.is_dir())
        if os.access(parent, os.W_OK | os.X_OK):
            return Finding("home", "ok", f"not there yet; the first run makes it: {home}")
        return Finding(
            "home",
            "fail",
            f"it cannot be made: {home}",
            f"let the user of the runs write to {parent}, or set {PREFIX}HOME",
        )
    with tempfile.TemporaryDirectory(dir=home, prefix=".doctor-") as scratch:
        folder = Path(scratch)
        files.write_text(folder / "written", "written")
        files.swap_symlink(folder / "link", "written")
        descriptor = locks.open_lock(folder / "lock")
        try:
            is_locked = locks.take_if_free(descriptor) and locks.is_held(folder / "lock")
        finally:
            os.close(descriptor)
    if not is_locked:
        return Finding(
            "home",
            "fail",
            f"locks (flock) do not hold there: {home}",
            "put the home on a POSIX file system with locks: a local disk, or NFS 4 with locking",
        )
    return Finding("home", "ok", f"can be written; renames, links and locks work: {home}")


def _lake(settings: Settings) -> Finding:
    """A lake in object storage is written to, and what was written is removed."""
    if (stored := lakes.as_stored(settings.lake)) is None:
        return Finding("lake", "ok", f"in the home: {settings.lake}")
    lakes.verify(stored)
    lakes.try_conditions(stored)
    return Finding("lake", "ok", f"answers, and keeps to conditional writes: {stored}")


def _disk(settings: Settings, say: Words) -> Finding:
    for problem in problems.disk(settings):
        return Finding("disk", "fail", problem.text(say), problem.remedy(say))
    return Finding("disk", "ok", f"more than {settings.watch_free_disk} free")


def _documents(settings: Settings) -> Finding:
    if not {"pdf", "departments"} & set(settings.documents):
        return Finding("documents", "ok", f"no PDF is asked for; notices are written as {' '.join(settings.documents)}")
    pdf.require_machine()
    return Finding(
        "documents", "ok", f"Pango and a Chinese font are there; notices are written as {' '.join(settings.documents)}"
    )


def _postgres(settings: Settings) -> Finding:
    if settings.postgres_url is None:
        return Finding("PostgreSQL", "ok", "not set: what is served is in files only")
    address = Address(settings.postgres_url)
    address.connect().close()
    return Finding("PostgreSQL", "ok", f"answers: {address.shown}")


def _mirror(settings: Settings) -> Finding:
    if settings.mirror is None:
        return Finding("mirror", "ok", "not set: what is served is not copied to object storage")
    version = mirror.look(settings.mirror)
    held = f"the version there is {version}" if version else "nothing was copied there yet"
    return Finding("mirror", "ok", f"answers: {shown(settings.mirror)}; {held}")


def _spark(settings: Settings) -> Finding:
    from callback_survey.warehouse.cluster import Cluster

    place = Cluster(settings.spark_remote or "", settings.warehouse)
    with place.session() as session:
        return Finding("Spark", "ok", f"{session.version}, {place.address}")


def _channels(settings: Settings) -> Finding:
    urls = (
        *settings.alert_urls_for("fail"),
        *settings.alert_urls_for("warn"),
        *settings.approver_urls,
        *settings.alert_urls_released,
    )
    names = {url: channels.channel_name(url) for url in urls}
    if unknown := [name for url, name in names.items() if not channels.is_understood(url)]:
        return Finding(
            "channels",
            "fail",
            f"addresses that are not understood: {', '.join(unknown)}",
            "correct them; docs/settings.md shows the form of each",
        )
    if not settings.alert_urls_for("fail"):
        return Finding("channels", "warn", "nobody is told of a failure", f"set {PREFIX}ALERT_URLS")
    return Finding("channels", "ok", f"{', '.join(names.values())}; whether they answer: callback-survey alerts test")


def _retention(settings: Settings) -> Finding:
    """What is removed when its time has passed; the marks in the ledger say of what it was."""
    lake = lakes.as_read(settings.lake)
    count = sum(len(removed.all_removed(lake, scope)) for scope in ledger.scopes(lake))
    gone = [f"the rows of {count} deliveries were removed so far"] if count else []
    if not settings.retention:
        return Finding("retention", "ok", "; ".join([f"nothing is ever removed: {PREFIX}RETENTION is not set", *gone]))
    told = ", ".join(f"{kind} {months}" for kind, months in settings.retention.items())
    return Finding("retention", "ok", "; ".join([f"removed after so many months: {told}", *gone]))
