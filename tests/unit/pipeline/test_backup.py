"""A home comes back from its archive on another path, whole; whatever is not as it was written is refused before it has a name."""

from __future__ import annotations

import io
import shutil
import stat
import tarfile
from pathlib import Path

import pytest

from callback_survey.storage import locks
from callback_survey.warehouse import database
from homes import QUARTER, REGION, Home, contents

ISSUED = f"public/{REGION}/{QUARTER}"
KEPT = ("lake", "releases", "public", "overrides", "checks", "alerts", "watch", "serving/restricted")


@pytest.fixture
def home(small: Home, tmp_path: Path) -> Home:
    """A released quarter whose notice is out, with what the pipeline leaves beside its files."""
    home = small.copy(tmp_path / "home")
    issued = home.path / ISSUED
    (issued / "r1").mkdir(parents=True)
    (issued / "r1" / "notice.html").write_text("通报", encoding="utf-8")
    (issued / "current").symlink_to("r1")
    return home


@pytest.fixture
def archive(home: Home, tmp_path: Path) -> Path:
    archive = tmp_path / "backup" / "survey.tar"
    outcome = home.run_here("backup", "--output", str(archive))
    assert outcome.code == 0, outcome.err
    return archive


def kept(home: Path) -> dict[str, str]:
    found = contents(home)
    return {
        name: digest
        for name, digest in found.items()
        if name.startswith(KEPT) and not any(part.startswith(".") for part in Path(name).parts)
        if not name.endswith(".lock")
    }


def restored(home: Home, archive: Path, to: Path) -> Home:
    outcome = home.run_here("restore", str(archive), "--home", str(to))
    assert outcome.code == 0, outcome.err
    return Home(to, home.exports, home.key, home.variables)


def test_on_another_path_the_same_releases_are_whole_and_the_same_figures_are_served(
    home: Home, archive: Path, tmp_path: Path
) -> None:
    other = restored(home, archive, tmp_path / "another place" / "home")
    shutil.move(home.path, tmp_path / "lost")
    assert kept(other.path) == kept(tmp_path / "lost")
    assert (other.path / ISSUED / "current" / "notice.html").read_text(encoding="utf-8") == "通报"
    assert other.run_here("releases", "verify").code == 0
    outcome = other.run_here("releases", "serve")
    assert outcome.code == 0, outcome.err
    lost = Home(tmp_path / "lost", home.exports, home.key)
    tables = [name for (name,) in lost.query("select table_name from duckdb_tables() order by 1")]
    assert "department_rates" in tables
    for table in tables:
        assert other.query(f'from "{table}" order by all') == lost.query(f'from "{table}" order by all'), table


def test_what_can_be_made_again_and_what_is_under_way_is_not_in_it(home: Home, tmp_path: Path) -> None:
    (home.path / "lake" / ".landing-0").mkdir()
    (home.path / "lake" / ".landing-0" / "rows.parquet").write_text("13800000000")
    (home.revisions / ".r2-1").mkdir()
    (home.revisions / ".r2-1" / "release.json").write_text("{")
    archive = tmp_path / "survey.tar"
    assert home.run_here("backup", "--output", str(archive)).code == 0
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert {Path(name).parts[0] for name in names} <= {*(Path(part).parts[0] for part in KEPT), "backup.json"}
    assert [name for name in names if "/." in name or name.endswith((".lock", ".duckdb"))] == []
    assert home.key.encode() not in archive.read_bytes()


def test_only_its_owner_can_read_it_and_no_name_is_taken_twice(home: Home, archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    before = archive.read_bytes()
    outcome = home.run_here("backup", "--output", str(archive))
    assert (outcome.code, archive.read_bytes()) == (2, before)


def test_modes_are_those_of_a_home(home: Home, archive: Path, tmp_path: Path) -> None:
    other = restored(home, archive, tmp_path / "other")
    modes = {name: stat.S_IMODE((other.path / name).stat().st_mode) for name in ("lake", "releases", "public")}
    assert modes == {"lake": 0o700, "releases": 0o750, "public": 0o755}
    assert stat.S_IMODE((other.path / ISSUED / "r1" / "notice.html").stat().st_mode) == 0o644


@pytest.mark.parametrize("held", ["warehouse/warehouse.lock", "lake/landing.lock", "decision", "documents"])
def test_while_somebody_is_at_work_it_waits_and_then_leaves_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    place = {"decision": home.revisions / ".lock", "documents": home.revisions / "r1"}.get(held, home.path / held)
    monkeypatch.setattr(locks, "WAIT_SECONDS", 0)
    monkeypatch.setattr(database, "WAIT_SECONDS", 0)
    with locks.held(place, is_folder=place.is_dir()):
        outcome = home.run_here("backup", "--output", str(tmp_path / "out" / "survey.tar"))
    assert outcome.code == 1
    assert "is held by" in outcome.err
    assert list((tmp_path / "out").iterdir()) == []


def test_a_link_that_leads_out_of_its_folder_is_refused_not_left_out(home: Home, tmp_path: Path) -> None:
    moved = tmp_path / "big disk"
    shutil.move(home.path / ISSUED / "r1", moved)
    (home.path / ISSUED / "r1").symlink_to(moved)
    outcome = home.run_here("backup", "--output", str(tmp_path / "out" / "survey.tar"))
    assert outcome.code == 1
    assert f"where: {home.path / ISSUED / 'r1'}" in outcome.err
    assert list((tmp_path / "out").iterdir()) == []


def test_a_home_in_which_nothing_was_landed_has_nothing_to_back_up(home: Home, tmp_path: Path) -> None:
    outcome = home.run_here("backup", "--output", str(tmp_path / "survey.tar"), "--home", str(tmp_path / "none"))
    assert outcome.code == 2
    assert not (tmp_path / "survey.tar").exists()


def changed_byte(archive: Path) -> str:
    """A byte in the middle of the first file of the lake."""
    with tarfile.open(archive) as tar:
        member = next(member for member in tar if member.name.endswith(".parquet"))
    written = bytearray(archive.read_bytes())
    written[member.offset_data + member.size // 2] ^= 1
    archive.write_bytes(written)
    return f"{member.name}: it was changed"


def cut_off(archive: Path) -> str:
    with tarfile.open(archive) as tar:
        member = tar.getmember("backup.json")
    archive.write_bytes(archive.read_bytes()[: member.offset_data + member.size // 2])
    return "it cannot be read to its end"


def without_its_end(archive: Path) -> str:
    """Cut between two members: as far as it goes it is a whole tar."""
    with tarfile.open(archive) as tar:
        end = tar.getmember("backup.json").offset
    archive.write_bytes(archive.read_bytes()[:end])
    return "backup.json, its last part, is missing"


def added_to(archive: Path) -> str:
    with tarfile.open(archive, "a") as tar:
        tar.addfile(tarfile.TarInfo("releases/330109/2018Q1/r9/release.json"), io.BytesIO())
    return "releases/330109/2018Q1/r9/release.json: it is not listed"


def without_a_file(archive: Path) -> str:
    with tarfile.open(archive) as tar:
        members = [(member, tar.extractfile(member) if member.isreg() else None) for member in tar]
        gone = next(member.name for member, _ in members if member.name.startswith("releases/"))
        with tarfile.open(archive.with_suffix(".new"), "w") as other:
            for member, file in members:
                if member.name != gone:
                    other.addfile(member, file)
    archive.with_suffix(".new").replace(archive)
    return f"{gone}: it is missing"


def that_leads_out(archive: Path) -> str:
    info = tarfile.TarInfo("lake/out")
    info.type, info.linkname = tarfile.SYMTYPE, "../../elsewhere"
    with tarfile.open(archive, "a") as tar:
        tar.addfile(info)
    return "lake/out: no backup has a file like this"


def that_climbs_out(archive: Path) -> str:
    with tarfile.open(archive, "a") as tar:
        tar.addfile(tarfile.TarInfo("lake/../../outside"), io.BytesIO())
    return "lake/../../outside: no backup has a file like this"


def of_another_kind(archive: Path) -> str:
    archive.write_bytes(b"no archive" * 1000)
    return "it cannot be read to its end"


DAMAGES = [changed_byte, cut_off, without_its_end, added_to, without_a_file, that_leads_out, that_climbs_out]


@pytest.mark.parametrize("damage", [*DAMAGES, of_another_kind], ids=lambda damage: damage.__name__)
def test_an_archive_that_is_not_as_it_was_written_leaves_no_home(
    home: Home, archive: Path, tmp_path: Path, damage: object
) -> None:
    said = damage(archive)  # type: ignore[operator]
    outcome = home.run_here("restore", str(archive), "--home", str(tmp_path / "other"))
    assert outcome.code == 1
    assert said in outcome.err
    assert not (tmp_path / "other").exists()
    assert not (tmp_path / "outside").exists()


def test_a_home_that_holds_a_file_is_left_as_it_is(home: Home, archive: Path) -> None:
    before = contents(home.path)
    outcome = home.run_here("restore", str(archive))
    assert outcome.code == 2
    assert contents(home.path) == before


def test_empty_folders_are_no_obstacle_and_a_restore_that_was_stopped_is_named(
    home: Home, archive: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    for part in ("checks", "public", "releases", "serving/restricted", ".restoring-0123abcd"):
        (other / part).mkdir(parents=True)
    (other / ".restoring-0123abcd" / "rows.parquet").write_text("killed")
    assert kept(restored(home, archive, other).path) == kept(home.path)
    (other / ".restoring-0123abcd").mkdir()
    outcome = home.run_here("restore", str(archive), "--home", str(other))
    assert outcome.code == 2
    assert "an earlier restore was stopped here" in outcome.err


def test_it_names_the_key_to_put_back_and_what_to_do(home: Home, archive: Path, tmp_path: Path) -> None:
    outcome = home.run_here("restore", str(archive), "--home", str(tmp_path / "an other"))
    key_id = (home.path / "lake" / "ledger" / "key.json").read_text(encoding="utf-8").split('"')[3]
    assert f"the lake was made with the key of id {key_id}" in outcome.out
    assert f"callback-survey releases serve --home '{tmp_path / 'an other'}'\n" in outcome.out
