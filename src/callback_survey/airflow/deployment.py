"""An Airflow that was there before: its DAG files, and what it must have for them (`python -m callback_survey.airflow.deployment`).

Airflow is imported in a process of its own: it reads its configuration as it is imported, and says much on standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from callback_survey.airflow import home
from callback_survey.airflow.settings import CONNECTION, POSTGRES, variable_of
from callback_survey.errors import UsageError
from callback_survey.settings import SECRETS, Settings, shipped_folder
from callback_survey.storage.files import write_text
from callback_survey.watch.doctor import Finding

_LEAST = (3, 3)
_MAKES_POOL, _IS_OWN = "make", "own"
_PATIENCE_SECONDS = 120


def write_dags(folder: Path, *, replaces: bool = False) -> list[Path]:
    """Copy the DAG files there; gives those that were written. One that a person changed is replaced only where that is said."""
    shipped = {
        path.name: path.read_text(encoding="utf-8") for path in sorted(shipped_folder("dags").glob("callback_*.py"))
    }
    there = {name: path.read_text(encoding="utf-8") for name in shipped if (path := folder / name).is_file()}
    changed = [name for name, text in there.items() if text != shipped[name]]
    if changed and not replaces:
        raise UsageError(
            f"DAG files that differ from this version's are there: {', '.join(changed)}",
            where=str(folder),
            next_step="look what differs, then write them with --replace",
        )
    new = [name for name, text in shipped.items() if there.get(name) != text]
    for name in new:
        write_text(folder / name, shipped[name])
    return [folder / name for name in new]


@dataclass(frozen=True)
class Answer:
    """What Airflow said of itself, and the secrets of ours that it keeps, by the names of their settings."""

    findings: tuple[Finding, ...]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def ask(settings: Settings, *, makes_pool: bool = False) -> Answer:
    """Ask the Airflow that the environment names, else the one under the home; without any, nothing is missing of it."""
    is_own = (home.folder_of(settings.home) / "airflow.db").is_file()
    environment = _own_environment(settings) if is_own else _environment(is_wanted=makes_pool)
    if environment is None:
        said = "not used here: no Airflow is named by the environment, and none is under the home"
        return Answer((Finding("Airflow", "ok", said),))
    words = [word for word, holds in ((_MAKES_POOL, makes_pool), (_IS_OWN, is_own)) if holds]
    command = [sys.executable, "-m", "callback_survey.airflow.deployment", *words]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
        )
        found = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        return Answer((Finding("Airflow", "fail", "Airflow could not be asked", "airflow db check says why"),))
    return Answer(tuple(Finding(**one) for one in found["findings"]), found["secrets"])


def _own_environment(settings: Settings) -> dict[str, str]:
    dags = shipped_folder("dags")
    return home.completed(os.environ, home.environment(settings.home, dags, logging_level="ERROR"))


def _environment(*, is_wanted: bool) -> dict[str, str] | None:
    is_named = is_wanted or bool(home.foreign(os.environ, {}))
    return {**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"} if is_named else None


def _look(*, makes_pool: bool, is_own: bool) -> Iterator[Finding]:
    from airflow import __version__
    from airflow.configuration import conf
    from sqlalchemy.exc import SQLAlchemyError

    executor = conf.get("core", "executor")
    if tuple(map(int, __version__.split(".")[:2])) < _LEAST:
        yield Finding("Airflow", "fail", f"version {__version__}", "the DAGs need Airflow 3.3 or newer")
        return
    yield Finding("Airflow", "ok", f"version {__version__}, {executor}")
    try:
        yield _pool(makes_pool=makes_pool)
        yield _dags(is_own=is_own)
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        yield Finding(
            "Airflow", "fail", f"its database cannot be read: {said}", "prepare its database: airflow db migrate"
        )


def _pool(*, makes_pool: bool) -> Finding:
    """Without the pool its tasks wait for ever; with more slots than one they wait in each other's lock."""
    from airflow.models.pool import Pool

    found = Pool.get_pool(home.POOL)
    if found is None and makes_pool:
        home.make_pool()
        return Finding("pool", "ok", f"made: {home.POOL}, 1 slot")
    if found is None:
        return Finding(
            "pool",
            "fail",
            f"there is no pool {home.POOL}: its tasks would wait for ever",
            "callback-survey airflow init",
        )
    if found.slots != home.POOL_SLOTS:
        return Finding(
            "pool",
            "warn",
            f"the pool {home.POOL} has {found.slots} slots: tasks that write wait for each other in a worker",
            f"set it to one slot: airflow pools set {home.POOL} {home.POOL_SLOTS} warehouse",
        )
    return Finding("pool", "ok", f"{home.POOL}, 1 slot")


def _dags(*, is_own: bool) -> Finding:
    """The one under the home reads the files of this package when it is started, and `airflow run` needs no list of them."""
    from airflow.models.dag import DagModel
    from airflow.models.errors import ParseImportError
    from airflow.utils.session import create_session
    from sqlalchemy import select

    ours = {path.stem for path in shipped_folder("dags").glob("callback_*.py")}
    with create_session() as session:
        known = {*session.scalars(select(DagModel.dag_id).where(DagModel.dag_id.in_(ours), ~DagModel.is_stale))}
        broken = [
            (Path(error.filename or "").name, (error.stacktrace or "").strip().splitlines()[-1:])
            for error in session.scalars(select(ParseImportError))
            if Path(error.filename or "").stem in ours
        ]
    for name, last in broken:
        return Finding(
            "DAGs",
            "fail",
            f"{name} cannot be imported: {' '.join(last)}",
            "install this package where Airflow's DAG processor and workers run",
        )
    if is_own and not known:
        return Finding("DAGs", "ok", "not read yet: callback-survey airflow standalone reads them")
    if missing := ours - known:
        return Finding(
            "DAGs",
            "warn",
            f"Airflow does not know of {', '.join(sorted(missing))} yet",
            "callback-survey airflow dags --output FOLDER, the folder of Airflow's DAGs; then wait for its DAG processor",
        )
    return Finding("DAGs", "ok", ", ".join(sorted(known)))


def _secrets() -> dict[str, str]:
    """As a task gets them of Airflow: from its secrets backend, the environment or its database."""
    from airflow.exceptions import AirflowNotFoundException
    from airflow.models.connection import Connection
    from airflow.models.variable import Variable

    found = {name: Variable.get(variable_of(name), default_var=None) for name in SECRETS}
    try:
        found[POSTGRES] = Connection.get_connection_from_secrets(CONNECTION).get_uri()
    except AirflowNotFoundException:
        found.pop(POSTGRES)
    return {name: value for name, value in found.items() if value}


def _main() -> None:
    looked = [vars(finding) for finding in _look(makes_pool=_MAKES_POOL in sys.argv, is_own=_IS_OWN in sys.argv)]
    is_readable = all(finding["state"] != "fail" for finding in looked if finding["subject"] == "Airflow")
    # by a pipe to the command that asked
    print(json.dumps({"findings": looked, "secrets": _secrets() if is_readable else {}}))


if __name__ == "__main__":
    _main()
