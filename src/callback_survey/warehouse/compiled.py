"""dbt's manifest with the SQL of the roll-ups, which serving runs. A build compiles it with all the rest; dbt is started
for it alone only where that SQL is gone, or is not the project's any more: after an upgrade, or without a warehouse.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from callback_survey.errors import DamagedFile
from callback_survey.settings import Settings
from callback_survey.storage import files
from callback_survey.storage.scratch import scratch_folder
from callback_survey.warehouse.build import manifest_path
from callback_survey.warehouse.database import Warehouse
from callback_survey.warehouse.dbt import SQL_FINGERPRINT, DbtProcess, arguments_of, environment_of
from callback_survey.warehouse.fingerprint import sql_fingerprint
from callback_survey.warehouse.project import project_of

_FOLDER = "rollups"


def manifest(
    settings: Settings, warehouse: Warehouse, say: Callable[[str], None] = lambda message: None
) -> dict[str, Any]:
    """The manifest of the project as it is now, with its roll-ups compiled. Raises SurveyError where dbt cannot."""
    fingerprint = sql_fingerprint(settings.dbt_project)
    target = warehouse.folder / "dbt-compiled"
    for path in (manifest_path(warehouse), target / "manifest.json"):
        found = _read(path)
        if found is not None and _is_of(found, fingerprint):
            return found
    say("compiling the roll-ups")
    _compile(settings, warehouse, target)
    compiled: dict[str, Any] = files.read_json(target / "manifest.json")
    return compiled


def _read(path: Path) -> dict[str, Any] | None:
    """None also where a build was killed while it wrote."""
    try:
        found: dict[str, Any] = files.read_json(path)
    except (FileNotFoundError, DamagedFile):
        return None
    return found


def _is_of(found: dict[str, Any], fingerprint: str) -> bool:
    """Whether it was made from these files, by a dbt run that came as far as the roll-ups."""
    models = [node for node in found["nodes"].values() if node["resource_type"] == "model"]
    is_compiled = all(node.get("compiled") for node in models if node["fqn"][1] == _FOLDER)
    return is_compiled and found["metadata"]["env"].get(SQL_FINGERPRINT) == fingerprint


def _compile(settings: Settings, warehouse: Warehouse, target: Path) -> None:
    """Over a warehouse file of the same name that is not the warehouse: none is needed, and none may be left behind."""
    with warehouse.lock(), scratch_folder(warehouse.folder, "compile") as scratch:
        environment = environment_of(settings, scratch / warehouse.path.name, scratch / "spill")
        where = arguments_of(settings, project_of(settings, warehouse), target)
        process = DbtProcess(environment, where, lock_descriptor=warehouse.lock_descriptor)
        try:
            process.run(["compile", "--select", f"path:models/{_FOLDER}"], say=lambda message: None)
        finally:
            process.close()
