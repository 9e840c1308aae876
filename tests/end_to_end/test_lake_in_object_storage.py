"""The lake in object storage, in a real S3 server of this machine: the same deliveries, figures and releases as with a folder, and every
command that has to do with the lake."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callback_survey.landing import ledger
from callback_survey.releases import inventory
from callback_survey.scope import Scope
from callback_survey.settings import load_settings
from callback_survey.storage import files
from deliveries import OFFICES, add_region, rows_of, write_delivery
from homes import QUARTER, REGION, REPOSITORY, SAMPLE_EXPORTS, Home, Served, contents
from s3_servers import bucket_at, keys, read, server

NEIGHBOUR = "330110"
SCOPE = Scope(REGION, QUARTER)
IMPRINT = ("--issuer", "样例办", "--number", "样例〔2018〕1号", "--date", "2018-06-07", "--by", "样例审批人")


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """One bucket for the module: each home has a folder of its own in it."""
    with server() as endpoint, bucket_at(endpoint, "survey") as found:
        yield found


@pytest.fixture(scope="module")
def stored(bucket: Any, small_exports: Path, privacy_key: str, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small delivery, landed in object storage, released and served. To be read only."""
    home = home_of(tmp_path_factory.mktemp("stored") / "home", small_exports, privacy_key, "stored")
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert bucket is not None
    return home


def home_of(path: Path, exports: Path, key: str, folder: str) -> Home:
    return Home(path, exports, key, {"LAKE": f"s3://survey/{folder}"})


def copy_of(home: Home, to: Path, bucket: Any, folder: str, exports: Path | None = None) -> Home:
    """The same home over a copy of the lake in another folder of the bucket."""
    before = str(home.variables["LAKE"]).rpartition("/")[2]
    for key in keys(bucket):
        if key.startswith(f"{before}/"):
            source = {"Bucket": bucket.name, "Key": key}
            bucket.copy(source, f"{folder}/{key.partition('/')[2]}")
    copied = home.copy(to, exports).with_settings(LAKE=f"s3://survey/{folder}")
    files.write_json(to / "lake" / "kept-in.json", {"lake": copied.variables["LAKE"]})
    return copied


def releases_of(home: Home) -> list[tuple[str, str, str]]:
    found = inventory.take(home.path / "releases").every
    return [(release.name, release.delivery_id, release.content_hash) for release in found]


def lake_of(home: Home) -> Any:
    return load_settings(home.environment).lake


def test_deliveries_figures_and_releases_are_those_of_a_folder(stored: Home, small: Home, bucket: Any) -> None:
    assert releases_of(stored) == releases_of(small)
    assert stored.averages() == small.averages()
    # the same files under the same names, byte for byte
    in_folder = {
        name: (small.path / "lake" / name).read_bytes()
        for name in contents(small.path / "lake")
        if name.startswith("raw/")
    }
    in_store = {key.removeprefix("stored/"): read(bucket, key) for key in keys(bucket) if key.startswith("stored/raw/")}
    assert in_store == in_folder
    names = {name for name in contents(small.path / "lake" / "ledger") if not name.endswith(".checked.json")}
    assert names == {key.removeprefix("stored/ledger/") for key in keys(bucket) if key.startswith("stored/ledger/")}


def test_the_sample_quarter_is_that_of_a_folder(bucket: Any, served: Served, privacy_key: str, tmp_path: Path) -> None:
    """95,753 rows through Airflow: landing, gates, build and release in processes of their own."""
    home = home_of(tmp_path / "home", SAMPLE_EXPORTS, privacy_key, "sample")
    outcome = home.run("airflow", "run", "--region", REGION, "--quarter", QUARTER)
    assert outcome.code == 0, outcome.err
    assert releases_of(home) == releases_of(served.home)
    assert home.averages() == served.home.averages() == {"satisfaction": "94.77", "realisation": "92.53"}
    assert any(key.startswith("sample/raw/calls/") for key in keys(bucket))


def test_a_run_without_the_copies_fetches_them_and_finds_nothing_new(stored: Home, bucket: Any, tmp_path: Path) -> None:
    home = copy_of(stored, tmp_path / "home", bucket, "fetched")
    rows = ("dbt", "--", "show", "--inline", "select count(*) as row_count from raw.frame")
    shutil.rmtree(home.path / "lake" / "raw")
    assert home.run_here(*rows).code == 0, "views of a build that stands are over copies"
    shutil.rmtree(home.path / "lake" / "raw")
    standing = home.run_quarter_here()
    assert standing.code == 0 and "nothing changed since" in standing.out, standing.err
    shutil.rmtree(home.path / "lake" / "raw")
    shutil.rmtree(home.path / "warehouse")
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert "landed before" in outcome.out and "nothing new" in outcome.out
    assert releases_of(home) == releases_of(stored)


def test_a_correction_supersedes_and_is_compared_with_what_it_corrects(
    stored: Home, corrected: Served, corrected_exports: Path, bucket: Any, tmp_path: Path
) -> None:
    home = copy_of(stored, tmp_path / "home", bucket, "corrected", corrected_exports)
    dry = home.run_quarter_here("--dry-run")
    assert dry.code == 0 and "would supersede" in dry.out
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert releases_of(home) == releases_of(corrected.home)
    assert home.averages() == corrected.home.averages()
    told = [one.revisions / "r2" / "release.json" for one in (home, corrected.home)]
    rows = [json.loads(path.read_text(encoding="utf-8"))["difference"]["rows"] for path in told]
    assert rows[0] == rows[1] and rows[0]
    assert [entry.state for entry in ledger.entries(lake_of(home))] == ["superseded", "current"]


def test_two_regions_land_side_by_side_in_two_processes(bucket: Any, privacy_key: str, tmp_path: Path) -> None:
    """As two workers of Celery would: two runs of the quarter, a region each, at once over one home and one lake."""
    shutil.copytree(REPOSITORY / "dbt_project", tmp_path / "dbt_project")
    add_region(tmp_path / "dbt_project", NEIGHBOUR, "余杭区", [office.name for office in OFFICES])
    for region in (REGION, NEIGHBOUR):
        write_delivery(tmp_path / "exports" / region / QUARTER, rows_of(OFFICES))
    home = home_of(tmp_path / "home", tmp_path / "exports", privacy_key, "beside")
    home = home.with_settings(DBT_PROJECT=str(tmp_path / "dbt_project"))
    code = """
import sys
from callback_survey.deliveries.delivery import Delivery
from callback_survey.pipeline import steps
from callback_survey.run import Run
from callback_survey.settings import load_settings
settings = load_settings()
folder = settings.exports / sys.argv[1] / "2018Q1"
steps.land(Run(settings, f"land-{sys.argv[1]}"), Delivery(sys.argv[1], "2018Q1", folder))
"""
    landings = [
        subprocess.Popen([sys.executable, "-c", code, region], env=home.environment, stderr=subprocess.PIPE, text=True)
        for region in (REGION, NEIGHBOUR)
    ]
    for landing in landings:
        _, err = landing.communicate()
        assert landing.returncode == 0, err
    lake = lake_of(home)
    assert [(entry.region_code, entry.state) for entry in ledger.entries(lake)] == [
        (REGION, "current"),
        (NEIGHBOUR, "current"),
    ]
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("landed before") == 2
    assert home.averages(REGION) == home.averages(NEIGHBOUR)


def test_what_looks_at_the_lake_sees_it(stored: Home, tmp_path: Path) -> None:
    listed = stored.run_here("deliveries", "--files")
    assert listed.code == 0 and "current" in listed.out and "frame.csv" in listed.out
    assert "was landed" in stored.run_here("rejects", "--region", NEIGHBOUR, "--quarter", QUARTER).err
    rejects = stored.run_here("rejects", "--region", REGION, "--quarter", QUARTER)
    assert rejects.code == 0 and "0 rows rejected" in rejects.out
    assert "current" in stored.run_here("status").out
    doctor = stored.run_here("doctor")
    assert "keeps to conditional writes: s3://survey/stored" in doctor.out
    assert stored.run_here("verify").code == 0
    watched = stored.run_here("watch")
    assert "330109 2018Q1" not in watched.err
    planned = stored.run_here("plan", "--region", REGION, "--quarter", QUARTER, "--output", str(tmp_path / "plan"))
    assert planned.code == 0, planned.err
    assert stored.run_here("dbt", "--", "show", "--inline", "select count(*) as row_count from raw.frame").code == 0


def test_a_changed_file_is_named_and_landed_again(stored: Home, bucket: Any, tmp_path: Path) -> None:
    home = copy_of(stored, tmp_path / "home", bucket, "damaged")
    (key,) = (key for key in keys(bucket) if key.startswith("damaged/raw/calls/"))
    whole = read(bucket, key)
    bucket.put_object(Key=key, Body=b"others")
    verified = home.run_here("verify")
    assert verified.code == 4
    assert f"s3://survey/{key}" in verified.out + verified.err
    shutil.rmtree(home.path / "lake" / "raw")
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert "landed again" in outcome.out
    assert read(bucket, key) == whole
    assert home.run_here("verify").code == 0


def test_rows_whose_time_has_passed_are_removed_with_their_copies(stored: Home, bucket: Any, tmp_path: Path) -> None:
    home = copy_of(stored, tmp_path / "home", bucket, "retained").with_settings(RETENTION="cases=24")
    assert home.run_here("approve", "--region", REGION, "--quarter", QUARTER, "--revision", "r1", *IMPRINT).code == 0
    shown = json.loads(home.run_here("retention", "--json").out)
    assert all(path.startswith("s3://survey/retained/raw/") for path in shown["due"][0]["paths"])
    outcome = home.run_here("retention", "--remove")
    assert outcome.code == 0, outcome.err
    assert not [key for key in keys(bucket) if key.startswith("retained/raw/")]
    assert not list((home.path / "lake").rglob("*.parquet"))
    assert [entry.state for entry in ledger.entries(lake_of(home))] == ["removed"]
    (record,) = (home.path / "retention").glob("*.json")
    told = json.loads(record.read_text())["removed"][0]["files"]
    assert {Path(name).stem for name in told} == set(told.values())
    again = home.run_quarter_here()
    assert again.code == 3 and "were removed on" in again.err


def test_another_key_is_refused_and_takes_the_place_of_the_first_where_that_is_meant(
    stored: Home, bucket: Any, tmp_path: Path
) -> None:
    home = copy_of(stored, tmp_path / "home", bucket, "rotated")
    other = Home(home.path, home.exports, "another key of thirty-two characters or more", home.variables)
    refused = other.run_quarter_here()
    assert refused.code == 2 and "is not the one the lake was created with" in refused.err
    rotated = other.run_here("rotate-key")
    assert rotated.code == 0, rotated.err
    assert other.run_quarter_here().code == 0
    entries = ledger.entries(lake_of(other))
    assert [entry.state for entry in entries] == ["superseded", "current"]
    assert json.loads(read(bucket, "rotated/ledger/key.json"))["key_id"] == entries[1].report.key_id  # type: ignore[union-attr]


def test_a_backup_holds_it_and_is_restored_to_a_folder_or_to_object_storage(
    stored: Home, bucket: Any, tmp_path: Path
) -> None:
    archive = tmp_path / "survey.tar"
    outcome = stored.run_here("backup", "--output", str(archive))
    assert outcome.code == 0, outcome.err
    in_folder = Home(tmp_path / "in-folder", stored.exports, stored.key)
    in_store = home_of(tmp_path / "in-store", stored.exports, stored.key, "restored")
    for home in (in_folder, in_store):
        outcome = home.run_here("restore", str(archive))
        assert outcome.code == 0, outcome.err
        assert home.run_here("releases", "serve").code == 0
        assert home.run_here("verify").code == 0
        outcome = home.run_quarter_here()
        assert outcome.code == 0 and "landed before" in outcome.out, outcome.err
        assert releases_of(home) == releases_of(stored)
    before = {key.removeprefix("stored/"): read(bucket, key) for key in keys(bucket) if key.startswith("stored/")}
    after = {key.removeprefix("restored/"): read(bucket, key) for key in keys(bucket) if key.startswith("restored/")}
    assert after == before
    taken = home_of(tmp_path / "third", stored.exports, stored.key, "restored")
    refused = taken.run_here("restore", str(archive))
    assert refused.code == 2 and "the lake's storage is not empty" in refused.err
    assert not taken.path.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--quarter", QUARTER),
        ("run", "--quarter", QUARTER, "--dry-run"),
        ("deliveries",),
        ("rejects", "--region", REGION, "--quarter", QUARTER),
        ("status",),
        ("verify",),
        ("retention", "--remove"),
        ("backup", "--output", "survey.tar"),
    ],
    ids=" ".join,
)
def test_a_home_whose_lake_is_elsewhere_begins_no_second_one(
    stored: Home, tmp_path: Path, command: tuple[str, ...]
) -> None:
    home = stored.copy(tmp_path / "home")
    for lake in ("", "s3://survey/another"):
        outcome = home.with_settings(LAKE=lake).run_here(*command)
        assert outcome.code == 2
        assert "landed in another lake: s3://survey/stored" in outcome.err


def test_the_watch_tells_that_its_setting_names_another_lake(stored: Home, tmp_path: Path) -> None:
    home = stored.copy(tmp_path / "home").with_settings(LAKE="")
    outcome = home.run_here("watch")
    assert outcome.code == 1
    assert "landed in another lake: s3://survey/stored" in outcome.err


@pytest.mark.parametrize(
    ("lake", "environment", "said"),
    [
        ("s3://no-such-bucket/lake", {}, "The specified bucket does not exist"),
        (
            "s3://survey/unreachable",
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"},
            "Could not connect",
        ),
        ("memory://lake", {}, "no conditional writes"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_store_that_cannot_be_used_releases_nothing_and_says_what_to_do(
    bucket: Any,
    small_exports: Path,
    privacy_key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lake: str,
    environment: dict[str, str],
    said: str,
    language: str,
) -> None:
    before = keys(bucket)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    home = Home(tmp_path / "home", small_exports, privacy_key, {"LAKE": lake, "LANGUAGE": language})
    outcome = home.run("run", "--quarter", QUARTER)
    assert outcome.code in (1, 2)
    assert lake in outcome.err
    if language == "en":
        assert said in outcome.err and "next:" in outcome.err
    else:
        assert "数据湖" in outcome.err and "下一步" in outcome.err
    assert not (home.path / "releases").exists() and not (home.path / "serving" / "current").exists()
    assert keys(bucket) == before
    doctor = home.run("doctor")
    assert doctor.code != 0 and lake in doctor.out
