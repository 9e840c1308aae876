"""Who may read a home: its owner alone, but for what readers are given; whatever the umask of the command was."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from callback_survey.settings import load_settings
from callback_survey.storage import modes
from homes import Home

SERVED, PRIVATE = ("serving", "releases", "checks"), ("lake", "warehouse", "logs", "serving/restricted")


@pytest.fixture(scope="module", params=[0o000, 0o077], ids=["umask 000", "umask 077"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_exports: Path, privacy_key: str
) -> Home:
    home = Home(tmp_path_factory.mktemp("modes") / "home", small_exports, privacy_key)
    before = os.umask(request.param)
    try:
        outcome = home.run_quarter_here()
    finally:
        assert os.umask(before) == request.param, "the umask of whoever called is put back"
    assert outcome.code == 0, outcome.err
    return home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def tree(folder: Path, but: Path | None = None) -> list[Path]:
    found = [
        path
        for path in folder.rglob("*")
        if not path.is_symlink() and (but is None or but not in (path, *path.parents))
    ]
    return [folder, *found]


def test_what_is_private_is_its_owner_s_alone(made: Home) -> None:
    for name in PRIVATE:
        for path in tree(made.path / name):
            assert mode(path) & 0o077 == 0, f"{path} {mode(path):o}"


def test_what_is_served_is_read_by_the_group_and_by_nobody_else(made: Home) -> None:
    assert mode(made.path) == 0o751
    for name in SERVED:
        for path in tree(made.path / name, but=made.path / "serving" / "restricted"):
            if not path.name.startswith("."):  # locks
                assert mode(path) == (0o750 if path.is_dir() else 0o640), f"{path} {mode(path):o}"


@pytest.mark.parametrize(
    ("readers", "folder", "file"), [("owner", 0o700, 0o600), ("group", 0o750, 0o640), ("all", 0o755, 0o644)]
)
def test_a_home_of_an_earlier_version_or_another_setting_is_given_its_modes(
    tmp_path: Path, readers: str, folder: int, file: int
) -> None:
    home = tmp_path / "home"
    for name in (
        "serving/versions/1/marts.duckdb",
        "serving/restricted/cases/a.parquet",
        "lake/raw/a.parquet",
        "public/r1/notice.html",
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).touch()
    for path in tree(home):
        path.chmod(0o777 if path.is_dir() else 0o666)
    settings = load_settings({"CALLBACK_SURVEY_READERS": readers}, home=home)
    modes.prepare(settings)
    assert (mode(home / "serving/versions"), mode(home / "serving/versions/1/marts.duckdb")) == (folder, file)
    assert mode(home / "lake") == mode(home / "serving/restricted") == 0o700
    assert mode(home / "public/r1/notice.html") == 0o644
    assert mode(home) & 0o666 == folder & 0o666 and mode(home) & 0o011 == 0o011
