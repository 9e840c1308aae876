"""One bad file does not stop everybody: its region and quarter keep what readers have, the others are served."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from callback_survey import releases
from callback_survey.errors import DamagedFile
from callback_survey.releases import journal
from callback_survey.releases.journal import Decision
from callback_survey.scope import Scope
from callback_survey.serving import serve as serving
from callback_survey.serving import versions
from callback_survey.serving.serve import ServeReport
from callback_survey.storage.files import sha256_of
from published import make_release

Damage = Callable[[Path], None]
HELD, OTHER = Scope("330109", "2018Q1"), Scope("330110", "2018Q1")
_DECIDED = "journal/0001-approved-r1.json"


def serve(home: Path) -> ServeReport:
    found = releases.take(home / "releases")
    return serving.serve(found, serving=home / "serving", memory_limit="1GB", checks=home / "checks")


def markers(home: Path) -> dict[str, str]:
    query = "select region_code, any_value(marker) from department_rates group by all"
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as connection:
        return dict(connection.execute(query).fetchall())


def rows(home: Path, table: str) -> int:
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as connection:
        (counted,) = connection.execute(f"select count(*) from {table} where region_code = '330109'").fetchall()
    return int(counted[0])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two regions; both are served, and then one of them is corrected and the other damaged."""
    made = make_release(tmp_path / "releases", marker="kept")
    make_release(tmp_path / "releases", region="330110", marker="before")
    journal.append(
        tmp_path / "releases", Decision("approved", *_key(HELD), 1, "值班长", content_hash=made.content_hash)
    )
    serve(tmp_path)
    make_release(tmp_path / "releases", region="330110", revision=2, marker="after")
    return tmp_path


def _key(scope: Scope) -> tuple[str, str]:
    return scope.region_code, scope.quarter


def text(name: str, content: str) -> Damage:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8") and None


def cut(name: str) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return damage


def changed(**values: object) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / "r1" / "release.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}), encoding="utf-8")

    return damage


DAMAGES: dict[str, Damage] = {
    "cut release.json": cut("r1/release.json"),
    "empty object": text("r1/release.json", "{}"),
    "a list": text("r1/release.json", "[]"),
    "tables of another type": changed(tables=[]),
    "files of another type": changed(files=[]),
    "no moment": changed(released_at="yesterday"),
    "another region's": changed(region_code="330111"),
    "another number": changed(revision=7),
    "other figures than were decided about": changed(content_hash="other"),
    "cut mart": cut("r1/marts/department_rates.parquet"),
    "lost mart": lambda folder: (folder / "r1" / "marts" / "departments.parquet").unlink(),
    "cut journal": cut(_DECIDED),
    "empty journal": text(_DECIDED, ""),
    "another's journal entry": text(_DECIDED, '{"hello": 1}'),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_region_keeps_what_readers_have_and_the_others_are_served(home: Path, name: str) -> None:
    whole = home / "whole"
    shutil.copytree(HELD.folder(home / "releases"), whole)
    DAMAGES[name](HELD.folder(home / "releases"))
    report = serve(home)
    assert list(report.held) == [HELD] and isinstance(report.held[HELD], DamagedFile)
    assert [release.name for release in report.newly_served] == ["330110 2018Q1 r2"]
    assert markers(home) == {"330109": "kept", "330110": "after"}
    assert (rows(home, "releases"), rows(home, "check_results")) == (1, 2)
    again = serve(home)
    assert (again.version, again.newly_served) == (report.version, ()), "nothing is made again while it lasts"
    shutil.rmtree(HELD.folder(home / "releases"))
    shutil.copytree(whole, HELD.folder(home / "releases"))
    healed = serve(home)
    assert (dict(healed.held), healed.newly_served, markers(home)) == ({}, (), {"330109": "kept", "330110": "after"})


def test_what_an_earlier_version_served_is_taken_over_as_this_one_says_it(home: Path) -> None:
    """Then a moment was text, a warning had failed, nothing said whether the data are invented, and no rows were carried on."""
    current = home / "serving" / "current"
    with duckdb.connect(str(current / "marts.duckdb")) as served:
        kept = "select * exclude (is_synthetic) replace (released_at::text as released_at) from releases"
        served.execute(
            f"create table r as {kept}; create table c as select * replace ("
            "'fail' as outcome, '2018-04-20T06:00:00.000001+00:00' as checked_at) from check_results where severity = 'warn'"
        )
        served.execute("drop table check_results; drop table releases")
        served.execute("alter table r rename to releases; alter table c rename to check_results")
    hashes = json.loads((current / "hashes.json").read_text())
    hashes["marts.duckdb"] = sha256_of(current / "marts.duckdb")
    del hashes["releases.json"]
    (current / "hashes.json").write_text(json.dumps(hashes))
    (current / "rows.json").unlink()
    assert all(versions.verified(home / "serving").values())
    DAMAGES["cut mart"](HELD.folder(home / "releases"))
    serve(home)
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as connection:
        told = "select outcome, epoch_us(checked_at) % 1000000 from check_results where region_code = '330109'"
        assert connection.execute(told).fetchall() == [("warn", 1)]
        assert connection.execute("select count(*) from releases where released_at < now()").fetchall() == [(3,)]


def test_what_was_never_served_and_is_damaged_is_left_out_and_named(home: Path) -> None:
    make_release(home / "releases", region="330111")
    (home / "releases" / "330111" / "2018Q1" / "r1" / "release.json").write_text("{", encoding="utf-8")
    report = serve(home)
    assert list(report.held) == [Scope("330111", "2018Q1")]
    assert markers(home) == {"330109": "kept", "330110": "after"}


STRAYS: dict[str, Damage] = {
    "a copy of the region": lambda home: (
        shutil.copytree(home / "releases/330109", home / "releases/330109.bak") and None
    ),
    "a copy of the quarter": lambda home: (
        shutil.copytree(home / "releases/330109/2018Q1", home / "releases/330109/2018Q1.old") and None
    ),
    "a note in the journal": text("releases/330109/2018Q1/journal/notes.json", '{"hello": 1}'),
    "a resource fork": lambda home: (
        (home / "releases/330109/2018Q1/journal/._0001-approved-r1.json").write_bytes(b"\0\xff") and None
    ),
    "a file among the checks": lambda home: (home / "checks" / "notes").mkdir(parents=True),
}


@pytest.mark.parametrize("name", STRAYS)
def test_what_somebody_keeps_beside_the_releases_is_none(home: Path, name: str) -> None:
    STRAYS[name](home)
    (home / "checks" / "notes").mkdir(parents=True, exist_ok=True)
    (home / "checks" / "notes" / "marts-330109-2018Q1.json").write_text("{", encoding="utf-8")
    report = serve(home)
    assert not report.held
    assert markers(home) == {"330109": "kept", "330110": "after"}
    assert rows(home, "releases") == 1


def _followed(path: Path) -> None:
    target = path.resolve()
    path.unlink()
    shutil.copytree(target, path) if target.is_dir() else shutil.copy(target, path)


DERIVED: dict[str, Damage] = {
    "served.json is cut": text("serving/current/served.json", "[["),
    "releases.json is cut": text("serving/current/releases.json", "[["),
    "hashes.json is cut": text("serving/current/hashes.json", "{"),
    "announced.json is cut": text("serving/announced.json", "{"),
    "current is a folder": lambda home: _followed(home / "serving" / "current"),
    "parquet is a folder": lambda home: _followed(home / "serving" / "parquet"),
    "marts.duckdb is a file": lambda home: _followed(home / "serving" / "marts.duckdb"),
    "current leads nowhere": lambda home: shutil.rmtree((home / "serving" / "current").resolve()),
}


@pytest.mark.parametrize("name", DERIVED)
def test_what_is_derived_is_made_again(home: Path, name: str) -> None:
    DERIVED[name](home)
    report = serve(home)
    served = releases.take(home / "releases").served
    assert not report.held and markers(home) == {"330109": "kept", "330110": "after"}
    assert all((home / "serving" / link).is_symlink() for link in ("current", "parquet", "marts.duckdb"))
    assert len(serving.unannounced(served, home / "serving")) == 2
    assert serve(home).newly_served == ()


@pytest.mark.parametrize("lost", ["served.json", "releases.json", "hashes.json", "marts.duckdb"])
def test_what_cannot_be_taken_over_is_not_dropped_and_nothing_is_switched(home: Path, lost: str) -> None:
    """A served version from before its releases were listed, or one that is damaged itself."""
    cut("r1/release.json")(HELD.folder(home / "releases"))
    (home / "serving" / "current" / lost).unlink()
    before = (home / "serving" / "current").readlink()
    with pytest.raises(DamagedFile, match="330109 2018Q1 r1 cannot be read"):
        serve(home)
    assert (home / "serving" / "current").readlink() == before
