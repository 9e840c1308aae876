"""The dbt project of a run: the one that is shipped, with the registers as they hold for the instance."""

from __future__ import annotations

import shutil
from pathlib import Path

from callback_survey.settings import Settings
from callback_survey.storage.files import remove_tree
from callback_survey.warehouse.database import Warehouse
from callback_survey.warehouse.fingerprint import project_fingerprint

_SEEDS = "seeds"


def place_of(settings: Settings, warehouse: Warehouse) -> Path:
    """Where the folder for dbt is, whether it was made yet or not."""
    return settings.dbt_project if settings.registers is None else warehouse.folder / "project"


def project_of(settings: Settings, warehouse: Warehouse) -> Path:
    """The folder for dbt, beside the warehouse: links to the shipped project, and the registers as files that stay. Without
    registers of an instance it is the shipped project itself. The caller holds the warehouse lock."""
    shipped, seeds, project = settings.dbt_project, settings.seeds, place_of(settings, warehouse)
    if project == shipped:
        return shipped
    stamp = project / "made-of"
    wanted = f"{shipped} {project_fingerprint(shipped, seeds)}"
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        remove_tree(project)
        project.mkdir(parents=True)
        for path in shipped.iterdir():
            if path.name not in (_SEEDS, "target", "logs"):
                (project / path.name).symlink_to(path)
        (project / _SEEDS).mkdir()
        for path in seeds.iterdir():
            shutil.copyfile(path, project / _SEEDS / path.name)
        # last: a project whose making was killed is made again
        stamp.write_text(wanted, encoding="utf-8")
    return project
