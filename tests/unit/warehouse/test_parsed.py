"""A project that did not change is not parsed again, for whichever home and instance; one that changed is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import pytest

from callback_survey.settings import Settings
from callback_survey.warehouse import parsed
from callback_survey.warehouse.build import start_dbt
from callback_survey.warehouse.database import Warehouse
from callback_survey.warehouse.fingerprint import parse_fingerprint
from homes import REPOSITORY, Home
from register_seeds import add
from stepwise import run_of

_PROJECT = REPOSITORY / "dbt_project"


@dataclass(frozen=True)
class _Project:
    """A copy of the project, with settings in which it stands."""

    settings: Settings
    folder: Path

    @property
    def shared(self) -> Path:
        return self.folder / "target" / "callback_survey_parse.msgpack"

    def read(self, registers: Path | None = None) -> object | None:
        """By an instance whose registers lie in `registers`/seeds, or by one without any."""
        project = registers or self.folder
        of_these = {"DBT_ENV_CUSTOM_ENV_PARSE_FINGERPRINT": parse_fingerprint(self.folder, project / "seeds")}
        with mock.patch.dict(os.environ, parsed.variables(self.settings) | of_these):
            return parsed.read(project)

    def start(self, home: Path) -> None:
        """dbt's process, which is given nothing to build: it reads the project and ends."""
        warehouse = Warehouse(home / "warehouse", "1GB", "")
        with warehouse.lock():
            process = start_dbt(replace(self.settings, home=home), warehouse)
            assert process._process.stdin is not None
            process._process.stdin.close()
            assert process._process.wait(timeout=240) == 0
            process.close()


@pytest.fixture(scope="module")
def first(small: Home, tmp_path_factory: pytest.TempPathFactory) -> _Project:
    """After the first home that was ever made with it."""
    folder = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(_PROJECT, folder, ignore=shutil.ignore_patterns("target"))
    settings = run_of(small.with_settings(DBT_PROJECT=str(folder))).settings
    # a home that never made one of its own
    project = _Project(replace(settings, registers=None, home=folder.parent / "home"), folder)
    project.start(tmp_path_factory.mktemp("first"))
    return project


@pytest.fixture
def kept(first: _Project, tmp_path: Path) -> _Project:
    """The same, to be changed."""
    folder = tmp_path / "dbt_project"
    shutil.copytree(first.folder, folder)
    return _Project(replace(first.settings, dbt_project=folder), folder)


def test_the_parse_of_one_home_is_every_home_s(first: _Project, tmp_path: Path) -> None:
    assert first.shared.is_file()
    first.start(tmp_path)
    # one that parses leaves its own there
    assert not (tmp_path / "warehouse" / "dbt" / parsed.PARSED).exists()


def test_registers_of_an_instance_need_no_other_parse_and_are_read_where_they_lie(
    kept: _Project, tmp_path: Path
) -> None:
    before = _seeds(kept.read())
    shutil.copytree(kept.folder / "seeds", tmp_path / "seeds")
    add(tmp_path / "seeds", "thresholds", ("satisfaction", "80.00", "2000Q1", "2000Q1"))
    after = _seeds(kept.read(tmp_path))
    assert {name for name in before if before[name][1] != after[name][1]} == {"thresholds"}
    assert {folder for folder, _ in after.values()} == {str(tmp_path)}


def _seeds(manifest: object) -> dict[str, tuple[str, str]]:
    assert manifest is not None
    nodes: Mapping[str, object] = manifest.nodes  # type: ignore[attr-defined]
    return {
        node.name: (node.root_path, node.checksum.checksum)  # type: ignore[attr-defined]
        for node in nodes.values()
        if node.resource_type == "seed"  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize("change", ["models/one_more.sql", "seeds/one_more.csv", "seeds/registers.yml"])
def test_a_changed_project_is_parsed_again(kept: _Project, change: str) -> None:
    assert kept.read() is not None
    with (kept.folder / change).open("a", encoding="utf-8") as file:
        file.write("\n# one more\n")
    assert kept.read() is None


@pytest.mark.parametrize("damage", [b"", b"\x82\xa5nodes", None])
def test_a_parse_that_is_cut_or_gone_is_not_one(kept: _Project, damage: bytes | None) -> None:
    kept.shared.unlink()
    if damage is not None:
        kept.shared.write_bytes(damage)
    assert kept.read() is None


def test_where_the_project_cannot_be_written_a_home_keeps_its_own(kept: _Project, tmp_path: Path) -> None:
    own = tmp_path / "home" / "warehouse" / "dbt"
    own.mkdir(parents=True)
    kept.shared.rename(own / parsed.PARSED)
    # a file is in the folder's way: root writes also where nobody may
    kept.shared.parent.rmdir()
    kept.shared.parent.write_bytes(b"")
    settings = replace(kept.settings, home=tmp_path / "home")
    with mock.patch.dict(os.environ, parsed.variables(settings)):
        parsed.keep(own)
        assert parsed.read(kept.folder) is not None
        parsed.keep(tmp_path / "elsewhere")
    assert sorted(path.name for path in own.iterdir()) == [parsed.PARSED]
