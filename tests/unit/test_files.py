"""Files appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from callback_survey import files


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    files.write_text(path, "old")
    with files.written_aside(path) as aside:
        aside.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
        assert aside.parent == path.parent, "a rename is only atomic within one file system"
    assert path.read_text(encoding="utf-8") == "new"
    assert [found.name for found in path.parent.iterdir()] == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def write() -> None:
        with files.written_aside(path) as aside:
            aside.write_text("half", encoding="utf-8")
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        write()
    assert [(found.name, found.read_text(encoding="utf-8")) for found in tmp_path.iterdir()] == [("a.txt", "old")]


def test_with_keep_equal_the_same_content_stays_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "same")
    before = path.stat()
    with files.written_aside(path, keep_equal=True) as aside:
        aside.write_text("same", encoding="utf-8")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    with files.written_aside(path, keep_equal=True) as aside:
        aside.write_text("other", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "other"
    assert [found.name for found in tmp_path.iterdir()] == ["a.txt"]


def test_json_keeps_chinese_readable_and_is_the_same_for_the_same_value(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"b": "区教育局", "a": 1})
    files.write_json(tmp_path / "b.json", {"a": 1, "b": "区教育局"})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert "区教育局" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert files.read_json(tmp_path / "a.json") == {"a": 1, "b": "区教育局"}


@pytest.mark.parametrize("size", [0, 1, (1 << 20), (1 << 20) + 1])
def test_the_hash_is_that_of_all_bytes(tmp_path: Path, size: int) -> None:
    content = bytes(size)
    (tmp_path / "a").write_bytes(content)
    assert files.sha256_of(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def test_a_link_is_made_and_moved_over_a_leftover_of_a_killed_run(tmp_path: Path) -> None:
    link = tmp_path / "current"
    (tmp_path / f".current.{os.getpid()}.part").symlink_to("leftover")
    files.swap_symlink(link, "versions/a")
    assert link.readlink() == Path("versions/a")
    files.swap_symlink(link, "versions/b")
    assert link.readlink() == Path("versions/b")
    assert [found.name for found in tmp_path.iterdir()] == ["current"]


def test_removing_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    files.remove_tree(tmp_path / "not there")
