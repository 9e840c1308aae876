"""Folders for work under way: nobody else's is touched, and nothing of a finished or killed worker stays."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from callback_survey.errors import SurveyError
from callback_survey.storage import locks
from callback_survey.storage.scratch import leftovers, scratch_folder, sweep, sweep_temporary, temporary_folder


def test_a_folder_is_gone_when_its_work_ends_well_or_badly(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "home", "plan") as folder:
        (folder / "spill").mkdir()
    assert list((tmp_path / "home").iterdir()) == []
    with pytest.raises(RuntimeError), scratch_folder(tmp_path / "home", "plan") as folder:
        raise RuntimeError(folder)
    assert list((tmp_path / "home").iterdir()) == []


def test_what_a_killed_worker_left_is_swept_and_a_living_one_s_folder_stays(tmp_path: Path) -> None:
    for name in (".plan-killed", ".landing-killed", "plan-of-mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "scratch.duckdb").write_text("rows", encoding="utf-8")
    with scratch_folder(tmp_path, "plan") as alive, scratch_folder(tmp_path, "plan") as other:
        assert alive.is_dir() and alive != other
        left = {path.name for path in tmp_path.iterdir()} - {alive.name, other.name}
        assert left == {".landing-killed", "plan-of-mine"}


def test_a_sweep_without_work_takes_only_what_nobody_works_in(tmp_path: Path) -> None:
    (tmp_path / ".landing-killed").mkdir()
    with scratch_folder(tmp_path, "plan") as other, scratch_folder(tmp_path, "landing") as alive:
        (tmp_path / ".landing-killed").mkdir()
        assert leftovers(tmp_path, "landing") == [tmp_path / ".landing-killed"]
        sweep(tmp_path, "landing")
        assert set(tmp_path.iterdir()) == {alive, other}
        assert leftovers(tmp_path, "landing") == []


def test_a_parent_that_is_missing_is_not_made_by_a_sweep(tmp_path: Path) -> None:
    sweep(tmp_path / "lake", "landing")
    assert not (tmp_path / "lake").exists()


@pytest.fixture
def shared_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `/tmp` is: a folder that all accounts share."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"callback-survey-{os.getuid()}"


def test_what_a_killed_dry_run_left_in_the_temporary_folder_is_swept_by_the_next_run(shared_folder: Path) -> None:
    killed = shared_folder / ".work-killed"
    (killed / "unpacked").mkdir(parents=True)
    shared_folder.chmod(0o700)
    with temporary_folder() as folder:
        assert not killed.exists()
        assert [path.stat().st_mode & 0o077 for path in (shared_folder, folder)] == [0, 0]
        killed.mkdir()
        with locks.held(killed, is_folder=True):
            sweep_temporary()
            assert killed.is_dir(), "somebody works in it"
        sweep_temporary()
        assert set(shared_folder.iterdir()) == {folder}
    assert list(shared_folder.iterdir()) == []


def test_a_temporary_folder_that_another_account_made_is_not_used(
    shared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    shared_folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SurveyError, match="belongs to another account"), temporary_folder():
        pass
    shared_folder.unlink()
    shared_folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    shared_folder.rename(tmp_path / "callback-survey-4000000")
    with pytest.raises(SurveyError, match="belongs to another account"), temporary_folder():
        pass
    assert list((tmp_path / "callback-survey-4000000").iterdir()) == []
    sweep_temporary()


def test_a_sweep_needs_no_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_can_be_written() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none_can_be_written)
    sweep_temporary()
