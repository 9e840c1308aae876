"""Files appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from callback_survey.errors import DamagedFile
from callback_survey.storage import files


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
    (tmp_path / f".current.{os.getpid()}@{socket.gethostname()}.part").symlink_to("leftover")
    files.swap_symlink(link, "versions/a")
    assert link.readlink() == Path("versions/a")
    files.swap_symlink(link, "versions/b")
    assert link.readlink() == Path("versions/b")
    assert [found.name for found in tmp_path.iterdir()] == ["current"]


def test_removing_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    files.remove_tree(tmp_path / "not there")


def test_what_a_killed_writer_left_goes_with_the_next_write_and_a_living_one_s_stays(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    host = socket.gethostname()
    of_another_file = tmp_path / f".other.parquet.{process.pid}@{host}.part"
    living = tmp_path / f".rows.parquet.{process.pid}@{host}.part"
    elsewhere, long_ago = tmp_path / ".rows.parquet.1@elsewhere.part", tmp_path / ".rows.parquet.2@elsewhere.part"
    for aside in (of_another_file, living, elsewhere, long_ago):
        aside.write_text("half")
    os.utime(long_ago, (0, 0))
    files.write_text(path, "first")
    assert sorted(tmp_path.iterdir()) == sorted([path, of_another_file, living, elsewhere])
    process.communicate()
    files.write_text(path, "second")
    assert sorted(tmp_path.iterdir()) == sorted([path, of_another_file, elsewhere])


def test_a_file_of_ours_that_holds_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(DamagedFile, match="backup") as caught:
        files.read_json(tmp_path / "a.json")
    assert str(tmp_path / "a.json") in str(caught.value)
