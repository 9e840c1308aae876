"""The copy in object storage, in a real S3 server of this machine: whole at any moment, nothing sent twice, and no run fails for it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from callback_survey.errors import SurveyError
from callback_survey.object_storage import said_by, shown
from callback_survey.pipeline import steps
from callback_survey.run import Run
from callback_survey.serving import mirror
from callback_survey.settings import Settings, load_settings
from callback_survey.storage import files
from callback_survey.watch import problems
from s3_servers import keys, read

URL = "s3://survey/mirror"


def serve(serving: Path, version: str, rows: int, table: str = "department_rates") -> Path:
    """A served version with two files that change and one that does not."""
    folder = serving / "versions" / version
    (folder / "parquet" / "measures").mkdir(parents=True)
    with duckdb.connect(str(folder / "marts.duckdb")) as connection:
        connection.execute(f"create table {table} as from range({rows})")
    (folder / "parquet" / "measures" / "measures.parquet").write_bytes(b"the same in every version")
    (folder / "callback_survey.duckdb").write_bytes(version.encode())
    (folder / "releases.json").write_text("[]")
    (folder / "rows.duckdb").write_bytes(b"for the next version, not for readers")
    names = ("marts.duckdb", "callback_survey.duckdb", "parquet/measures/measures.parquet", "releases.json")
    files.write_json(folder / "hashes.json", {name: files.sha256_of(folder / name) for name in names})
    files.swap_symlink(serving / "current", f"versions/{version}")
    return folder


def current(bucket: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(bucket, "mirror/current.json"))
    return found


def test_a_reader_finds_every_file_of_the_version_by_the_manifest(bucket: Any, tmp_path: Path) -> None:
    folder = serve(tmp_path, "v1", 7)
    done = mirror.mirror(tmp_path, URL)
    assert (done.version, done.sent_count) == ("v1", 3)
    manifest = current(bucket)
    assert manifest["version"] == "v1"
    assert manifest["files"].keys() == {"marts.duckdb", "callback_survey.duckdb", "parquet/measures/measures.parquet"}
    for name, one in manifest["files"].items():
        assert read(bucket, f"mirror/{one['path']}") == (folder / name).read_bytes()
    copied = tmp_path / "copied.duckdb"
    copied.write_bytes(read(bucket, f"mirror/{manifest['files']['marts.duckdb']['path']}"))
    with duckdb.connect(str(copied), read_only=True) as connection:
        assert connection.execute("select count(*) from department_rates").fetchone() == (7,)


def test_what_did_not_change_is_not_sent_again(bucket: Any, tmp_path: Path) -> None:
    serve(tmp_path, "v1", 7)
    mirror.mirror(tmp_path, URL)
    assert mirror.mirror(tmp_path, URL).sent_count == 0
    serve(tmp_path, "v2", 8)
    assert mirror.mirror(tmp_path, URL).sent_count == 2
    manifest = current(bucket)
    assert manifest["version"] == "v2"
    assert {f"mirror/{one['path']}" for one in manifest["files"].values()} <= keys(bucket)


class Broken(Exception):
    """The line is cut."""


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
def test_broken_off_anywhere_readers_have_the_version_before_and_the_next_call_goes_on(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    import fsspec

    # one for all calls of a process
    system, _ = fsspec.core.url_to_fs(URL)

    serve(tmp_path, "v1", 7)
    mirror.mirror(tmp_path, URL)
    before = current(bucket)
    serve(tmp_path, "v2", 8, table="other")
    (tmp_path / "versions" / "v2" / "parquet" / "measures" / "measures.parquet").write_bytes(b"changed, too")
    hashes = tmp_path / "versions" / "v2" / "hashes.json"
    found = files.read_json(hashes)
    name = "parquet/measures/measures.parquet"
    files.write_json(hashes, {**found, name: files.sha256_of(tmp_path / "versions" / "v2" / name)})
    sent = 0

    def counted(method: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal sent
            if sent == after:
                raise Broken("the line is cut")
            sent += 1
            return method(*arguments, **named)

        return call

    with monkeypatch.context() as cut:
        for method in ("put_file", "pipe_file"):
            cut.setattr(system, method, counted(getattr(system, method)))
        with pytest.raises(SurveyError, match="the mirror cannot be written: the line is cut"):
            mirror.mirror(tmp_path, URL)
    assert current(bucket) == before
    assert {f"mirror/{one['path']}" for one in before["files"].values()} <= keys(bucket)
    assert mirror.note(tmp_path)["failed"]
    done = mirror.mirror(tmp_path, URL)
    assert done.sent_count == 3 - min(after, 3)
    assert current(bucket)["version"] == "v2"
    assert not mirror.note(tmp_path)["failed"]


def test_a_version_without_its_list_is_no_fault_of_the_run_and_is_noted(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, f"file://{tmp_path}/mirror")
    (serve(settings.serving, "v1", 7) / "hashes.json").unlink()
    steps.mirror(Run(settings, "run-1"))
    assert mirror.note(settings.serving)["failed"] == "the list of what is served is missing"
    assert not (tmp_path / "mirror" / "current.json").exists()


def test_half_a_file_that_lies_there_is_sent_anew(bucket: Any, tmp_path: Path) -> None:
    folder = serve(tmp_path, "v1", 7)
    digest = files.sha256_of(folder / "marts.duckdb")
    bucket.put_object(Key=f"mirror/files/{digest}/marts.duckdb", Body=b"half")
    mirror.mirror(tmp_path, URL)
    assert read(bucket, f"mirror/files/{digest}/marts.duckdb") == (folder / "marts.duckdb").read_bytes()


def test_old_versions_go_with_their_files_and_what_is_shared_stays(bucket: Any, tmp_path: Path) -> None:
    serve(tmp_path, "v1", 7)
    mirror.mirror(tmp_path, URL)
    serve(tmp_path, "v2", 8)
    mirror.mirror(tmp_path, URL)
    assert mirror.prune(tmp_path, URL, date(2020, 1, 1)) == 0
    assert mirror.prune(tmp_path, URL, date(2999, 1, 1)) == 2
    manifest = current(bucket)
    expected = {f"mirror/{one['path']}" for one in manifest["files"].values()}
    assert keys(bucket) == expected | {"mirror/current.json", "mirror/versions/v2.json"}


def settings_of(folder: Path, url: str = URL) -> Settings:
    return load_settings({"CALLBACK_SURVEY_HOME": str(folder), "CALLBACK_SURVEY_MIRROR": url})


def test_a_mirror_that_is_down_fails_no_run_and_the_watch_tells_until_it_is_there(bucket: Any, tmp_path: Path) -> None:
    settings, said = settings_of(tmp_path, "s3://no-such-bucket/mirror"), []
    serve(settings.serving, "v1", 7)
    run = Run(settings, "run-1", lambda event: said.append((event.step, event.state, event.message)))
    steps.mirror(run)
    step, state, message = said[-1]
    assert (step, state) == ("mirror", "done")
    assert message.startswith("not mirrored; readers of the mirror keep the version before")
    (problem,) = problems.mirrored(settings)
    assert (problem.severity, problem.name) == ("warn", "mirror")
    good = settings_of(tmp_path)
    steps.mirror(Run(good, "run-2"))
    assert problems.mirrored(good) == []
    serve(good.serving, "v2", 8)
    assert [one.key for one in problems.mirrored(good)] == ["mirror"]


def test_a_password_in_the_address_is_told_nowhere() -> None:
    assert shown("sftp://user:secret@host/folder") == "sftp://host/folder"
    assert "secret" not in repr(settings_of(Path("var"), "sftp://user:secret@host/folder"))


def test_without_a_library_for_the_storage_the_next_step_names_the_extra(tmp_path: Path) -> None:
    with pytest.raises(SurveyError) as caught:
        mirror.look("adl://somewhere/else")
    assert caught.value.next_step is not None and "extra mirror" in caught.value.next_step


def test_a_folder_of_this_machine_will_do_too(tmp_path: Path) -> None:
    serve(tmp_path / "serving", "v1", 7)
    mirror.mirror(tmp_path / "serving", f"file://{tmp_path}/mirror")
    manifest = files.read_json(tmp_path / "mirror" / "current.json")
    assert all((tmp_path / "mirror" / one["path"]).is_file() for one in manifest["files"].values())
    assert mirror.look(f"file://{tmp_path}/mirror") == "v1"


def test_what_a_storage_says_is_told_whole_and_without_the_login() -> None:
    error = ValueError("Parameter validation failed:\n  Invalid bucket name; sftp://survey:secret@example.org/x")
    assert said_by(error, "sftp://survey:secret@example.org/x") == (
        "Parameter validation failed: Invalid bucket name; sftp://…@example.org/x"
    )
