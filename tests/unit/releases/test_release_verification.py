"""A release says of every file what it was; `verify` names each that is not, and misses none."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from callback_survey import releases
from callback_survey.releases import Release, hashes, verify, verify_all
from callback_survey.releases.code_version import code_version
from callback_survey.storage import files
from callback_survey.storage.files import sha256_of
from frozen import WAREHOUSE, add_documents, freeze
from lakes import tree_of
from published import make_release


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(WAREHOUSE)
        yield connection


@pytest.fixture
def frozen(warehouse: duckdb.DuckDBPyConnection, tmp_path: Path) -> Release:
    found = freeze(warehouse, tmp_path / "releases")
    add_documents(found)
    return found


def found_in(release: Release) -> list[tuple[str, str]]:
    return [(damage.kind, damage.path) for damage in verify(Release.read(release.folder)).damage]


def rewrite(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_a_release_lists_every_file_and_is_whole(frozen: Release) -> None:
    verified = verify(frozen)
    assert (verified.is_whole, verified.unhashed_count) == (True, 0)
    everything = set(tree_of(frozen.folder)) - {"release.json", "SHA256SUMS"}
    assert set(releases.listed(frozen)) == everything
    assert {"notice/charts/satisfaction.svg", "checks/marts-330109-2018Q1.json", "dictionary.csv"} <= everything
    assert verified.file_count == len(everything)


def test_the_hashes_can_be_checked_without_this_package(frozen: Release) -> None:
    def check() -> int:
        command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
        return subprocess.run(command, cwd=frozen.folder, capture_output=True, check=False).returncode

    listed = (frozen.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert len(listed) == len(releases.listed(frozen)) + 1
    assert check() == 0
    rewrite(frozen.folder / "release.json", "first release", "last release")
    assert check() == 1


def change(path: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = bytearray((folder / path).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / path).write_bytes(content)

    return damage


@pytest.mark.parametrize(
    "path",
    [
        "csv/departments.csv",
        "notice/notice.html",
        "notice/charts/satisfaction.svg",
        "checks/marts-330109-2018Q1.json",
        "dictionary.csv",
        "datapackage.json",
        "contract.odcs.yaml",
    ],
)
def test_a_flipped_bit_and_a_lost_file_are_named(frozen: Release, path: str) -> None:
    whole = (frozen.folder / path).read_bytes()
    change(path)(frozen.folder)
    assert found_in(frozen) == [("changed", path)]
    (frozen.folder / path).unlink()
    assert found_in(frozen) == [("missing", path)]
    (frozen.folder / path).write_bytes(whole)
    assert found_in(frozen) == []


def test_a_flipped_bit_in_a_table_is_seen_in_its_bytes_also_where_it_still_reads(frozen: Release) -> None:
    change("marts/departments.parquet")(frozen.folder)
    assert ("changed", "marts/departments.parquet") in found_in(frozen)


def test_files_that_somebody_put_there_are_named(frozen: Release) -> None:
    (frozen.folder / "notice" / ".hidden").write_text("", encoding="utf-8")
    (frozen.folder / "notice.docx").symlink_to("notice/notice.html")
    assert found_in(frozen) == [("extra", "notice.docx"), ("extra", "notice/.hidden")]


def test_documents_add_their_hashes_and_change_nothing_that_was_frozen_before(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    new = freeze(warehouse, tmp_path / "other")
    before, sums = tree_of(new.folder), (new.folder / "SHA256SUMS").read_text(encoding="utf-8")
    assert (releases.has_documents(new), found_in(new)) == (False, [])
    add_documents(new)
    assert (releases.has_documents(new), found_in(new), Release.read(new.folder)) == (True, [], new)
    assert (new.folder / "SHA256SUMS").read_text(encoding="utf-8").startswith(sums)
    added = {"notice/notice.html", "notice/charts/satisfaction.svg"}
    assert set(tree_of(new.folder)) == {*before, *added}
    assert {path for path, kept in before.items() if tree_of(new.folder)[path] != kept} == {"SHA256SUMS"}
    assert set(hashes.added(new)) == added and set(hashes.listed(new)) == {*new.files, *added}


def test_a_line_put_before_those_of_the_tables_or_changed_is_no_addition(frozen: Release) -> None:
    sums = frozen.folder / "SHA256SUMS"
    whole = sums.read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    for other in (
        "".join([lines[-1], *lines[:-1]]),
        whole + f"{'0' * 64}  marts/other.parquet\n",
        whole.replace("  notice/notice.html", " notice/notice.html"),
    ):
        sums.write_text(other, encoding="utf-8")
        assert ("changed", "SHA256SUMS") in found_in(frozen)
    sums.write_text("".join(lines[:-1]), encoding="utf-8")
    assert found_in(frozen) == [("extra", "notice/notice.html")]
    sums.write_text(whole, encoding="utf-8")
    shutil.rmtree(frozen.folder / "notice")
    assert found_in(frozen) == [("missing", "notice/charts/satisfaction.svg"), ("missing", "notice/notice.html")]


def test_a_revision_that_was_frozen_with_its_documents_is_valid_as_it_is(frozen: Release) -> None:
    """As earlier versions did: release.json lists the documents too, and nothing follows in SHA256SUMS."""
    path = frozen.folder / "release.json"
    files.write_json(path, {**files.read_json(path), "files": hashes.listed(frozen)})
    hashes.write(frozen.folder)
    old = Release.read(frozen.folder)
    assert (releases.has_documents(old), hashes.added(old), found_in(old)) == (True, {}, [])


def test_every_value_of_release_json_is_guarded(frozen: Release) -> None:
    rewrite(frozen.folder / "release.json", "first release", "last release")
    assert found_in(frozen) == [("changed", "release.json")]


def test_a_changed_list_of_hashes_is_told_from_a_changed_release(frozen: Release) -> None:
    path = frozen.folder / "SHA256SUMS"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("dictionary.csv", "dictionary.txt"), encoding="utf-8")
    assert found_in(frozen) == [("changed", "SHA256SUMS")]
    path.unlink()
    assert found_in(frozen) == [("missing", "SHA256SUMS")]


def test_a_table_put_in_place_with_all_hashes_of_bytes_made_right_is_found_by_its_content(frozen: Release) -> None:
    """The hash over ordered values was taken in the warehouse, before there was a file."""
    path = frozen.folder / "marts" / "department_rates.parquet"
    before = sha256_of(path)
    duckdb.execute(
        f"copy (select * replace (if(department_code = 'd2', 74.43, rate_pct)::decimal(5, 2) as rate_pct) from '{path}') "
        f"to '{path}.new' (format parquet)"
    )
    Path(f"{path}.new").rename(path)
    for name in ("release.json", "SHA256SUMS"):
        rewrite(frozen.folder / name, before, sha256_of(path))
    sums, release = frozen.folder / "SHA256SUMS", frozen.folder / "release.json"
    sums.write_text(re.sub("[0-9a-f]{64}  release.json", f"{sha256_of(release)}  release.json", sums.read_text()))
    assert found_in(frozen) == [("content", "marts/department_rates.parquet")]


def test_a_revision_that_is_gone_or_unreadable_or_another_s_is_named(frozen: Release) -> None:
    quarter = frozen.folder.parent
    for name in ("r3", "r4", "r5"):
        shutil.copytree(frozen.folder, quarter / name)
    (quarter / "r4" / "release.json").write_text("{", encoding="utf-8")
    (quarter / "r5" / "release.json").unlink()
    (quarter / "r6.damaged").mkdir()
    shutil.copytree(frozen.folder, quarter / "r7")
    found = {verified.name[-2:]: list(map(str, verified.damage)) for verified in verify_all(quarter.parents[1])}
    assert found == {
        "r1": [],
        "r2": ["the whole revision is missing"],
        "r3": ["release.json: belongs to 330109 2018Q1 r1"],
        "r4": ["release.json: cannot be read"],
        "r5": ["release.json: is missing: the revision cannot be identified"],
        "r6": [],
        "r7": ["release.json: belongs to 330109 2018Q1 r1"],
    }


def test_only_what_is_asked_for_is_looked_at(tmp_path: Path) -> None:
    for region, quarter in (("330109", "2018Q1"), ("330109", "2018Q2"), ("330110", "2018Q1")):
        make_release(tmp_path, region=region, quarter=quarter)
    assert [found.name for found in verify_all(tmp_path, "330109")] == ["330109 2018Q1 r1", "330109 2018Q2 r1"]
    assert [found.name for found in verify_all(tmp_path, "330109", since="2018Q2")] == ["330109 2018Q2 r1"]
    assert [found.name for found in verify_all(tmp_path, None, "2018Q1")] == ["330109 2018Q1 r1", "330110 2018Q1 r1"]


def test_a_release_from_before_all_files_were_listed_is_verified_as_far_as_it_can_be(tmp_path: Path) -> None:
    old = make_release(tmp_path)
    assert (old.files, old.code_version) == ({}, None)
    verified = verify(old)
    assert (verified.is_whole, verified.file_count, verified.unhashed_count) == (True, 3, 1)
    change("marts/departments.parquet")(old.folder)
    assert found_in(old) == [("changed", "marts/departments.parquet")]


def test_what_a_later_version_noted_besides_is_no_reason_not_to_read_it(frozen: Release) -> None:
    path = frozen.folder / "release.json"
    files.write_json(path, {**files.read_json(path), "invented_later": 1})
    assert Release.read(frozen.folder) == frozen


def test_the_dictionary_has_every_column_with_the_type_its_file_has(frozen: Release) -> None:
    content = (frozen.folder / "dictionary.csv").read_bytes()
    assert content.startswith("\ufefftable,column,label_zh,".encode()), (
        "Excel shows Chinese where the file begins with a mark"
    )
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    listed = [(row["table"], row["column"], row["type"]) for row in rows if row["column"]]
    expected = []
    for name in frozen.tables:
        described = duckdb.execute(f"describe from '{frozen.folder}/marts/{name}.parquet'").fetchall()
        expected += [(name, column, kind) for column, kind, *_ in described]
    assert listed == expected
    of_tables = {row["table"]: row["description"] for row in rows if not row["column"]}
    assert of_tables == {"department_rates": "Rates; one row per department.", "departments": "Register."}
    described = {(row["table"], row["column"]): (row["is_key"], row["description"]) for row in rows}
    assert described["department_rates", "rate"] == ("", "Not printed.")
    assert described["departments", "name"] == ("", "'=Name, 全称"), "no cell is taken for a formula"
    assert described["department_rates", "measure"][0] == "yes"


def test_a_release_names_the_code_that_made_it(frozen: Release) -> None:
    assert frozen.code_version == code_version()
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", frozen.code_version or "")


def test_verifying_changes_nothing(frozen: Release) -> None:
    before = tree_of(frozen.folder)
    verify(frozen)
    assert tree_of(frozen.folder) == before
    assert releases.take(frozen.folder.parents[2]).every == (frozen,)
