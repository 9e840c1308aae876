"""A lake in object storage, in a real S3 server of this machine: what is written is whole, and nobody writes over what they did not see."""

from __future__ import annotations

import json
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callback_survey.errors import DamagedFile, SurveyError, UsageError
from callback_survey.object_storage import Stored, WrittenMeanwhile
from callback_survey.settings import load_settings
from callback_survey.storage import files, lakes
from s3_servers import forget_clients, keys, read

URL = "s3://survey/lake"
RAW = "raw/calls/region=330109/quarter=2018Q1"


@pytest.fixture
def lake(bucket: Any, tmp_path: Path) -> Stored:  # the bucket is to be there
    return Stored(URL, tmp_path / "lake")


def part(tmp_path: Path, content: bytes) -> tuple[Path, str]:
    """A finished file, and its place in the lake."""
    path = tmp_path / "part.parquet"
    path.write_bytes(content)
    return path, f"{RAW}/{files.sha256_of(path)}.parquet"


def test_a_place_is_as_a_path(lake: Stored) -> None:
    place = lake / "ledger" / "region=330109" / "quarter=2018Q1" / "abc.json"
    assert (place.name, place.stem, place.parts[-3:-1]) == ("abc.json", "abc", ("region=330109", "quarter=2018Q1"))
    assert str(place) == f"{URL}/ledger/region=330109/quarter=2018Q1/abc.json"
    assert not place.is_file()
    lakes.write_json(place, {"a": "甲"})
    assert place.is_file() and lakes.read_json(place) == {"a": "甲"}
    assert [one.key for one in lakes.glob(lake / "ledger", "region=*/quarter=*")] == [place.parent.key]
    assert [one.name for one in place.parent.glob("*.json")] == ["abc.json"]
    assert list(place.parent.glob("*.removed.json")) == []
    assert (lake / "ledger").is_dir() and not (lake / "raw").is_dir()
    lakes.remove(place)
    assert not place.is_file()
    lakes.remove(place)  # what is gone is gone


def test_what_is_written_is_as_in_a_folder(lake: Stored, bucket: Any, tmp_path: Path) -> None:
    value = {"b": [1, None], "a": "区档案局"}
    lakes.write_json(lake / "ledger/one.json", value)
    lakes.write_json(tmp_path / "one.json", value)
    assert read(bucket, "lake/ledger/one.json") == (tmp_path / "one.json").read_bytes()


def test_a_file_that_is_there_is_left_where_its_writer_says_so_and_else_replaced(lake: Stored) -> None:
    place = lake / "ledger/one.json"
    lakes.write_json(place, {"n": 1})
    lakes.write_json(place, {"n": 2}, keeps=lambda there: there["n"] == 1)
    assert lakes.read_json(place) == {"n": 1}
    lakes.write_json(place, {"n": 3})
    assert lakes.read_json(place) == {"n": 3}


@pytest.mark.parametrize("there", [None, b'{"n": 0}\n', b"no JSON"])
def test_of_two_writers_at_once_the_second_sees_what_the_first_wrote(
    lake: Stored, bucket: Any, monkeypatch: pytest.MonkeyPatch, there: bytes | None
) -> None:
    """One writes in the moment before the other does: between its look and its request."""
    key, place = "lake/ledger/one.json", lake / "ledger/one.json"
    if there is not None:
        bucket.put_object(Key=key, Body=there)
    asked: list[Any] = []

    def first(method: Callable[..., None]) -> Callable[..., None]:
        def call(self: Stored, *arguments: Any) -> None:
            if not any(value == {"n": 1} for value in asked) and b'"n": 1' not in _body(bucket, key):
                bucket.put_object(Key=key, Body=b'{"n": 1}')
            method(self, *arguments)

        return call

    for name in ("create", "replace"):
        monkeypatch.setattr(Stored, name, first(getattr(Stored, name)))
    lakes.write_json(place, {"n": 2}, keeps=lambda value: bool(asked.append(value)) or value["n"] == 1)
    assert asked[-1] == {"n": 1}
    assert lakes.read_json(place) == {"n": 1}


def _body(bucket: Any, key: str) -> bytes:
    return read(bucket, key) if key in keys(bucket) else b""


def test_many_writers_at_once_lose_no_line(lake: Stored) -> None:
    """Each adds its number to what is there: a write over an unseen one would lose it."""
    place = lake / "ledger/list.json"

    def add(number: int) -> None:
        while True:
            version = place.version()
            before = [] if version is None else lakes.read_json(place)
            content = json.dumps([*before, number]).encode()
            try:
                place.create(content) if version is None else place.replace(content, version)
            except WrittenMeanwhile:
                continue
            return

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lakes.read_json(place)) == list(range(8))


def test_a_file_of_rows_is_there_once_and_its_copy_is_read(lake: Stored, bucket: Any, tmp_path: Path) -> None:
    finished, name = part(tmp_path, b"rows")
    lakes.add(finished, lake / name)
    assert read(bucket, f"lake/{name}") == b"rows"
    assert lakes.near(lake / name).read_bytes() == b"rows"
    assert not finished.exists()
    # once more, as a landing that was killed before its entry
    lakes.add(part(tmp_path, b"rows")[0], lake / name)
    assert keys(bucket) == {f"lake/{name}"}
    # without the copy it is fetched
    (lake.home / name).unlink()
    assert lakes.near(lake / name).read_bytes() == b"rows"
    assert lakes.raw_files(lake) == [name]


def test_what_is_not_what_its_name_says_is_not_read_and_is_put_right_by_landing_again(
    lake: Stored, bucket: Any, tmp_path: Path
) -> None:
    finished, name = part(tmp_path, b"rows")
    lakes.add(finished, lake / name)
    bucket.put_object(Key=f"lake/{name}", Body=b"others")
    assert lakes.is_whole(lake / name), "what is read is the copy, and that is right"
    (lake.home / name).unlink()
    with pytest.raises(DamagedFile, match="its name is the hash of its bytes"):
        lakes.near(lake / name)
    assert not lakes.is_whole(lake / name)
    lakes.add(part(tmp_path, b"rows")[0], lake / name)
    assert read(bucket, f"lake/{name}") == b"rows"


def test_a_damaged_copy_is_fetched_again(lake: Stored, tmp_path: Path) -> None:
    finished, name = part(tmp_path, b"rows")
    lakes.add(finished, lake / name)
    (lake.home / name).write_bytes(b"cut")
    assert lakes.is_whole(lake / name)
    assert lakes.near(lake / name).read_bytes() == b"rows"


def test_copies_go_when_nobody_needed_them_for_two_days_or_their_file_is_gone(
    lake: Stored, bucket: Any, tmp_path: Path
) -> None:
    names = []
    for content in (b"used", b"unused", b"removed"):
        finished, name = part(tmp_path, content)
        lakes.add(finished, lake / name)
        names.append(name)
    used, unused, gone = names
    for name, hours in ((used, 70), (unused, 70), (gone, 2)):
        moment = (lake.home / name).stat().st_mtime - hours * 3600
        os.utime(lake.home / name, (moment, moment))
    lakes.near(lake / used)
    bucket.Object(f"lake/{gone}").delete()
    lakes.sweep(lake)
    assert [name for name in names if (lake.home / name).exists()] == [used]
    assert keys(bucket) == {f"lake/{used}", f"lake/{unused}"}
    assert lakes.near(lake / unused).read_bytes() == b"unused"


def test_removed_is_the_file_and_its_copy(lake: Stored, bucket: Any, tmp_path: Path) -> None:
    finished, name = part(tmp_path, b"rows")
    lakes.add(finished, lake / name)
    lakes.remove(lake / name)
    assert keys(bucket) == set()
    assert list(lake.home.rglob("*.parquet")) == []


def test_the_ledger_is_read_at_once_and_what_did_not_change_is_not_fetched_again(
    lake: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        lakes.write_json(lake / f"ledger/{number}.json", {"n": number})
    fetched: list[list[str]] = []
    real = Stored.read_all
    monkeypatch.setattr(Stored, "read_all", lambda self, names: fetched.append(names) or real(self, names))  # type: ignore[func-returns-value]
    first = lakes.as_read(lake)
    lakes.write_json(lake / "ledger/2.json", {"n": 20})
    second = lakes.as_read(lake)
    assert fetched == [[f"ledger/{number}.json" for number in range(5)], ["ledger/2.json"]]
    assert [lakes.read_json(one / "ledger/2.json") for one in (first, second)] == [{"n": 2}, {"n": 20}]
    assert lakes.read_json(second / "ledger/4.json") == {"n": 4}
    assert not (second / "ledger/9.json").is_file()
    with pytest.raises(FileNotFoundError):
        lakes.read_json(second / "ledger/9.json")
    # rows are asked for where they lie
    assert lakes.are_there([second / "raw/one.parquet"]) == [False]
    # what was kept of it is no truth
    (lake.home / "ledger-read.json").write_text("[]")
    assert lakes.read_json(lakes.as_read(lake) / "ledger/2.json") == {"n": 20}


def test_a_folder_is_read_as_it_is_and_nothing_of_object_storage_is_imported(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = """
import sys
from pathlib import Path
from callback_survey.storage import lakes
lake = Path(sys.argv[1])
lakes.write_json(lake / "ledger" / "a.json", {"n": 1})
assert lakes.as_read(lake) is lake and lakes.near(lake / "ledger" / "a.json") == lake / "ledger" / "a.json"
lakes.sweep(lake), lakes.verify(lake), lakes.note(lake)
assert [path.name for path in lake.iterdir()] == ["ledger"]
assert not {"fsspec", "s3fs", "upath", "botocore"} & {*sys.modules}
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "lake")], check=True)


def test_it_works_in_a_child_that_was_forked_or_handed_the_settings(lake: Stored) -> None:
    lakes.write_json(lake / "ledger/one.json", {"n": 1})
    assert lakes.read_json(pickle.loads(pickle.dumps(lake)) / "ledger/one.json") == {"n": 1}
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(lakes.read_json(lake / "ledger/one.json")).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        assert json.loads(pipe.read()) == {"n": 1}


def test_a_store_with_conditional_writes_passes_and_keeps_nothing_of_the_trial(lake: Stored, bucket: Any) -> None:
    lakes.try_conditions(lake)
    assert keys(bucket) == set()


def test_a_store_without_conditional_writes_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no conditional writes") as caught:
        lakes.try_conditions(Stored("memory://lake", tmp_path))
    assert caught.value.where == "memory://lake"
    assert caught.value.next_step is not None and "CALLBACK_SURVEY_LAKE" in caught.value.next_step


@pytest.mark.parametrize(
    ("url", "endpoint_url", "said"),
    [
        ("s3://no-such-bucket/lake", None, "bucket does not exist"),
        (URL, "http://127.0.0.1:9", "Could not connect to the endpoint"),
        ("adl://somewhere/lake", None, "cannot be reached"),
    ],
)
@pytest.mark.parametrize(
    "act",
    [
        lambda lake: (lake / "ledger/key.json").is_file(),
        lambda lake: lakes.read_json(lake / "ledger/key.json"),
        lambda lake: lakes.write_json(lake / "ledger/key.json", {}),
        lambda lake: lakes.as_read(lake),
        lambda lake: lakes.near(lake / f"{RAW}/{'0' * 64}.parquet"),
        lambda lake: lakes.are_there([lake / "raw/one"]),
        lakes.sweep,
        lakes.try_conditions,
    ],
)
def test_a_store_that_cannot_be_used_is_told_with_what_to_do(
    lake: Stored,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Stored], Any],
    url: str,
    endpoint_url: str | None,
    said: str,
) -> None:
    if endpoint_url is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint_url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        forget_clients()
    with pytest.raises(SurveyError, match=said) as caught:
        act(Stored(url, lake.home))
    forget_clients()
    assert caught.value.where is not None and caught.value.where.startswith(url)
    assert caught.value.next_step


def test_wrong_credentials_are_told_as_what_they_are(s3_endpoint: str, lake: Stored) -> None:
    import requests

    # from now on the server asks who it is
    requests.post(f"{s3_endpoint}/moto-api/reset-auth", data=b"0", timeout=10)
    try:
        with pytest.raises(
            SurveyError, match=r"cannot be used: .*(InvalidAccessKeyId|Forbidden|does not exist)"
        ) as caught:
            lakes.sweep(lake)
        assert caught.value.next_step is not None and "AWS_" in caught.value.next_step
        with pytest.raises(SurveyError, match="cannot be used"):
            (lake / "ledger/key.json").is_file()
    finally:
        requests.post(f"{s3_endpoint}/moto-api/reset-auth", data=b"inf", timeout=10)


def test_a_password_in_the_address_is_told_nowhere(tmp_path: Path) -> None:
    found = load_settings({"CALLBACK_SURVEY_LAKE": "sftp://user:secret@127.0.0.1:9/lake"}, home=tmp_path)
    assert "secret" not in repr(found) + str(found.lake) + repr(found.lake)
    with pytest.raises(SurveyError) as caught:
        lakes.sweep(found.lake)
    assert "secret" not in f"{caught.value} {caught.value.where}"


def test_a_home_has_one_lake(lake: Stored, tmp_path: Path) -> None:
    lakes.verify(lake)
    lakes.note(lake)
    lakes.verify(lake)
    with pytest.raises(UsageError, match="landed in another lake: s3://survey/lake"):
        lakes.verify(Stored("s3://survey/other", lake.home))
    with pytest.raises(UsageError, match="landed in another lake: s3://survey/lake"):
        lakes.verify(lake.home)
    folder = tmp_path / "folder"
    files.write_json(folder / "ledger" / "key.json", {"key_id": "k"})
    lakes.verify(folder)
    with pytest.raises(UsageError, match="the home has a lake of its own"):
        lakes.verify(Stored(URL, folder))
