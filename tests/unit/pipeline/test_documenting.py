"""Documents come after the tables: side by side, each release's at once or not at all, and one that cannot be made stops no other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callback_survey import releases
from callback_survey.documents import write
from callback_survey.errors import DamagedFile, DocumentsFailed
from callback_survey.pipeline import documenting
from callback_survey.releases import Release
from callback_survey.run import Run
from callback_survey.settings import Settings, load_settings
from frozen import WAREHOUSE, freeze, write_documents
from published import make_release

REGIONS = ("330108", "330109", "330110", "330111")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"CALLBACK_SURVEY_HOME": str(tmp_path / "home"), "CALLBACK_SURVEY_DOCUMENTS": "html"})


@pytest.fixture
def run(settings: Settings) -> Run:
    """A run after which four regions are released without documents, and one of an earlier version with its own."""
    with duckdb.connect() as warehouse:
        warehouse.execute(WAREHOUSE)
        for region in REGIONS:
            freeze(warehouse, settings.releases, region)
    make_release(settings.releases, region="330112")
    return Run(settings, "run-1")


def writing(monkeypatch: pytest.MonkeyPatch, before: Callable[[Release], object]) -> None:
    """Documents of a few bytes, each after `before`."""

    def written(release: Release, folder: Path, **options: Any) -> None:
        before(release)
        write_documents(folder)

    monkeypatch.setattr(write, "write_apart", written)


def refuse(release: Release) -> None:
    if release.region_code == "330110":
        raise DocumentsFailed("no font", next_step="install one", region_code="330110", quarter="2018Q1")


def names(found: tuple[Release, ...] | list[Release]) -> list[str]:
    return [release.region_code for release in found]


def hidden(settings: Settings) -> list[str]:
    return [path.name for path in settings.releases.rglob(".*") if path.name != ".lock"]


def test_what_is_lacking_is_made_once_and_what_is_there_stays(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing(monkeypatch, lambda _: None)
    assert names(documenting.document(run).made) == list(REGIONS)
    assert all(releases.verify(release).is_whole for release in releases.take(settings.releases).every)
    assert (documenting.document(run).made, documenting.lacking(settings), hidden(settings)) == ((), [], [])


def test_one_region_alone_is_made_where_one_is_asked_for(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing(monkeypatch, lambda _: None)
    assert names(documenting.document(run, "330109", workers=1).made) == ["330109"]
    assert names(documenting.lacking(settings)) == ["330108", "330110", "330111"]


def test_one_that_cannot_be_made_stops_no_other_and_is_made_by_the_next_run(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing(monkeypatch, refuse)
    found = documenting.document(run)
    assert names(found.made) == ["330108", "330109", "330111"]
    assert [problem.what for problem in found.failed] == ["no font"]
    assert [found.lacks(release.scope) for release in releases.take(settings.releases).served] == [
        region == "330110" for region in (*REGIONS, "330112")
    ]
    with pytest.raises(DocumentsFailed, match="no font"):
        documenting.require_made(found)
    assert names(documenting.lacking(settings)) == ["330110"] and hidden(settings) == []
    writing(monkeypatch, lambda _: None)
    assert names(documenting.document(run).made) == ["330110"]


def test_of_a_damaged_release_no_document_is_made(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing(monkeypatch, refuse)
    (settings.releases / "330108" / "2018Q1" / "r1" / "marts" / "departments.parquet").write_bytes(b"PAR1")
    (settings.releases / "330111" / "2018Q1" / "r1" / "SHA256SUMS").unlink()
    found = documenting.document(run)
    assert [type(problem) for problem in found.failed] == [DamagedFile, DocumentsFailed, DamagedFile]
    with pytest.raises(DocumentsFailed) as failed:
        documenting.require_made(found)
    assert failed.value.what == "the documents of 3 releases could not be made"
    assert "no font" in failed.value.alert_lines


@pytest.mark.parametrize("left", ["aside", "unlisted"])
def test_what_a_killed_run_left_is_made_again(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    folder = settings.releases / "330109" / "2018Q1"
    half = folder / ".documents-r1-1" if left == "aside" else folder / "r1" / "notice"
    half.mkdir()
    (half / "notice.pdf").write_bytes(b"%PDF")
    assert "330109" in names(documenting.lacking(settings))
    writing(monkeypatch, lambda _: None)
    documenting.document(run)
    assert hidden(settings) == []
    release = releases.find(settings.releases, releases.take(settings.releases, "330109").served[0].scope, 1)
    assert releases.verify(release).is_whole and not (release.folder / "notice" / "notice.pdf").exists()


def test_documents_of_several_releases_are_made_side_by_side(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=60)
    # broken where one is only begun when another has ended
    writing(monkeypatch, lambda _: both.wait())
    assert len(documenting.document(run, workers=2).made) == 4


def test_no_more_of_them_than_there_are_workers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most = [0], [0]
    counting = threading.Lock()

    def count(release: Release) -> None:
        with counting:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        release.folder.stat()
        with counting:
            under_way[0] -= 1

    writing(monkeypatch, count)
    assert len(documenting.document(run, workers=1).made) == 4 and most == [1]


def test_a_fault_of_the_program_is_no_failure_of_one_release(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    writing(monkeypatch, lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        documenting.document(run, workers=2)
