"""dbt's parse of the project: five seconds of its CPU time, and the same for every home and every instance.

It is kept in the project's own `target/`, as Python keeps what it compiled beside a module, and in the home's where that folder
cannot be written. dbt's own reuse of a parse asks for the same warehouse file and the same rows of registers too; ours for the same
project and the same dbt.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from callback_survey.settings import Settings
from callback_survey.storage import files
from callback_survey.warehouse.fingerprint import parse_fingerprint

# where dbt leaves its parse in its target folder, which is one of these in the warehouse's
TARGET, SPARK_TARGET = "dbt", "dbt-spark"
PARSED = "partial_parse.msgpack"
_SHARED = "callback_survey_parse.msgpack"
# dbt keeps what it is given as DBT_ENV_CUSTOM_ENV_… in its manifest, without that prefix: so a manifest says of which files it is.
CUSTOM = "DBT_ENV_CUSTOM_ENV_"
_FINGERPRINT = "PARSE_FINGERPRINT"
_PLACES = "CALLBACK_SURVEY_PARSES"


def variables(settings: Settings, schemas: str = "") -> dict[str, str]:
    """What dbt's process must know to `read` and to `keep` a parse. `schemas` is the word before the names of schemas on Spark: a
    parse holds these names, so it is one home's alone."""
    places = [settings.dbt_project / "target" / _SHARED, settings.warehouse / TARGET / PARSED]
    if schemas:
        places = [settings.warehouse / SPARK_TARGET / PARSED]
    return {
        f"{CUSTOM}{_FINGERPRINT}": f"{parse_fingerprint(settings.dbt_project, settings.seeds)} {schemas}".strip(),
        _PLACES: os.pathsep.join(map(str, places)),
    }


def read(project: Path) -> Any | None:
    """The manifest of the project as dbt last parsed it, if it is of these files and of this dbt; else None. `project` is the
    folder whose registers are read."""
    for path in _places():
        manifest = _read(path)
        if manifest is not None:
            _point_to_registers(manifest, project)
            # what macros see as `graph`; dbt fills it in where it parses itself
            manifest.build_flat_graph()
            return manifest
    return None


def keep(target: Path) -> None:
    """Keep what dbt has just parsed, in the first place that can be written: whole or not at all, as several may keep theirs."""
    parsed = target / PARSED
    for path in _places():
        with suppress(OSError):
            if path != parsed:
                with files.written_aside(path) as aside:
                    shutil.copyfile(parsed, aside)
            return


def _places() -> Sequence[Path]:
    return [Path(place) for place in os.environ[_PLACES].split(os.pathsep)]


def _read(path: Path) -> Any | None:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder
    from dbt.version import __version__

    try:
        manifest = Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)
    except Exception:  # none yet, cut off, or another version's: whatever it is, dbt parses the project itself
        return None
    metadata = manifest.metadata
    is_current = metadata.env.get(_FINGERPRINT) == os.environ[f"{CUSTOM}{_FINGERPRINT}"]
    return manifest if is_current and metadata.dbt_version == __version__ else None


def _point_to_registers(manifest: Any, project: Path) -> None:
    """The rows of registers are an instance's own and no part of a parse: it keeps where they lie, and their hash."""
    from dbt.contracts.files import FilePath
    from dbt.parser.read_files import load_seed_source_file

    for node in manifest.nodes.values():
        if node.resource_type == "seed":
            node.root_path = str(project)
            place = FilePath(
                searched_path=".",
                relative_path=node.original_file_path,
                modification_time=0.0,
                project_root=str(project),
            )
            node.checksum = load_seed_source_file(place, node.package_name).checksum
