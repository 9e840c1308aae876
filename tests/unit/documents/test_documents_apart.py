"""Documents are made in a process of their own: what ends it is an error that names the release and the document."""

from __future__ import annotations

import os
import sys
import textwrap
from contextlib import nullcontext
from pathlib import Path

import pytest

from callback_survey.documents import write
from callback_survey.documents.notice.own_texts import own_texts
from callback_survey.errors import DocumentsFailed
from callback_survey.releases import Release
from callback_survey.settings import load_settings
from frozen import WAREHOUSE, freeze
from homes import Home, contents

CHILD = "import json, os, pickle, sys; pickle.load(sys.stdin.buffer); tell = lambda **said: print(json.dumps(said), flush=True)\n"


@pytest.fixture
def release(tmp_path: Path) -> Release:
    import duckdb

    with duckdb.connect() as warehouse:
        warehouse.execute(WAREHOUSE)
        return freeze(warehouse, tmp_path / "releases")


def failure_of(monkeypatch: pytest.MonkeyPatch, release: Release, folder: Path, child: str) -> DocumentsFailed:
    monkeypatch.setattr(write, "_COMMAND", [sys.executable, "-c", CHILD + child])
    with pytest.raises(DocumentsFailed) as failed:
        write.write_apart(release, folder, formats=("html",))
    assert (failed.value.region_code, failed.value.quarter) == ("330109", "2018Q1")
    return failed.value


@pytest.mark.parametrize(("death", "code"), [("os.abort()", -6), ("os.kill(os.getpid(), 9)", -9), ("os._exit(7)", 7)])
def test_a_library_that_ends_its_process_is_told_by_region_and_part(
    monkeypatch: pytest.MonkeyPatch, release: Release, tmp_path: Path, death: str, code: int
) -> None:
    failed = failure_of(
        monkeypatch,
        release,
        tmp_path,
        f"tell(part='notice.html'); tell(part='charts'); sys.stderr.write('x' * 300_000); {death}",
    )
    assert (
        failed.what
        == f"charts of 330109 2018Q1 r1 could not be made: the process that makes it ended with exit code {code}"
    )
    assert failed.next_step is not None


def test_what_the_child_says_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, release: Release, tmp_path: Path
) -> None:
    told = "tell(part='notice.pdf'); tell(error={'what': 'no font', 'next_step': 'install one'}); sys.exit(3)"
    failed = failure_of(monkeypatch, release, tmp_path, told)
    assert failed.what == "notice.pdf of 330109 2018Q1 r1 could not be made: no font"
    assert failed.next_step == "install one"


def test_a_child_that_does_not_come_to_its_end_is_ended(
    monkeypatch: pytest.MonkeyPatch, release: Release, tmp_path: Path
) -> None:
    monkeypatch.setattr(write, "MOST_SECONDS", 0.2)
    failed = failure_of(monkeypatch, release, tmp_path, "sys.stdin.buffer.read()")
    assert failed.what.endswith("ended with exit code -9")


def test_one_process_makes_one_release_after_another_and_one_that_died_is_replaced(
    monkeypatch: pytest.MonkeyPatch, release: Release, tmp_path: Path
) -> None:
    child = """
        while True:
            folder = pickle.load(sys.stdin.buffer)[1]
            folder.mkdir()
            (folder / "pid").write_text(str(os.getpid()))
            if folder.name == "third":
                os.abort()
            tell(made=True)
    """
    program = "import json, os, pickle, sys; tell = lambda **said: print(json.dumps(said), flush=True)\n"
    monkeypatch.setattr(write, "_COMMAND", [sys.executable, "-c", program + textwrap.dedent(child)])
    with write.Maker() as maker:
        for name in ("first", "second", "third", "fourth"):
            with pytest.raises(DocumentsFailed) if name == "third" else nullcontext():
                write.write_apart(release, tmp_path / name, formats=("html",), maker=maker)
    first, second, third, fourth = (
        int((tmp_path / name / "pid").read_text()) for name in ("first", "second", "third", "fourth")
    )
    assert first == second == third != fourth
    with pytest.raises(ProcessLookupError):
        os.kill(fourth, 0)


def test_a_process_that_has_made_others_makes_the_same_documents(small: Home, tmp_path: Path) -> None:
    """Readers compare them by their bytes, and an issued notice is made by a process of its own."""
    frozen = Release.read(small.revisions / "r1")
    heading = own_texts(load_settings(small.environment).notices, frozen.scope).heading
    with write.Maker() as maker:
        for name in ("one", "two"):
            write.write_apart(frozen, tmp_path / name, formats=("html",), heading=heading, maker=maker)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one").items() <= contents(frozen.folder / "notice").items()


def test_the_real_child_says_what_the_marts_lack(release: Release, tmp_path: Path) -> None:
    """The small release has no region: its notice cannot be composed, and the process that tried says so."""
    with pytest.raises(DocumentsFailed) as failed:
        write.write_apart(release, tmp_path / "notice", formats=("html",))
    assert failed.value.what == "notice of 330109 2018Q1 r1 could not be made: CatalogException"
