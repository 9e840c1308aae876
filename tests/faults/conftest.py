"""What the tests of faults share: one correction, stopped before each of its steps, so that a fault can strike there."""

from __future__ import annotations

from pathlib import Path

import pytest

from homes import Home
from killing import copy_without_logs, error_of_dead_dbt, error_of_missing_stamp
from shared import once
from stepwise import Bases, take


@pytest.fixture(scope="session")
def bases(small: Home, corrected_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Bases:
    def make(folder: Path) -> Bases:
        home = small.copy(folder / "home", exports=corrected_exports)
        before = {"land": copy_without_logs(home, folder / "land")}
        said = take("land", home, {})
        before["build"] = copy_without_logs(home, folder / "build")
        of_dead_dbt = error_of_dead_dbt(home, said)
        of_missing_stamp = error_of_missing_stamp(home, said)
        said = take("build", home, said)
        for step in ("gate", "release", "serve", "documents"):
            before[step] = copy_without_logs(home, folder / step)
            said = take(step, home, said)
        return Bases(before, home, said, of_dead_dbt, of_missing_stamp)

    return once(tmp_path_factory, "bases", make)
