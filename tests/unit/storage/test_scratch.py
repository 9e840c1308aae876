"""Folders for work under way: nobody else's is touched, and nothing of a finished or killed worker stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.storage.scratch import leftovers, scratch_folder, sweep


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
