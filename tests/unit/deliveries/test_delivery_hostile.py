"""A folder with what is no file in it, and one without a manifest: nothing waits, nothing is guessed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from callback_survey.deliveries import delivery as deliveries
from export_deliveries import FILES, faults_of, write_delivery

VERIFY = """
import sys
from pathlib import Path
from callback_survey.errors import DeliveryRefused
from callback_survey.deliveries import delivery, folders
from callback_survey.quarter import Quarter
try:
    for found in folders.discover(Path(sys.argv[1]), Quarter(2018, 1)):
        delivery.verify(found, is_manifest_optional=sys.argv[2] == "optional")
except DeliveryRefused as error:
    sys.exit("; ".join(error.alert_lines))
"""


@pytest.mark.parametrize("kind", ["pipe", "link", "loop", "folder"])
@pytest.mark.parametrize("name", ["manifest.json", "frame.csv"])
@pytest.mark.parametrize("manifest", ["needed", "optional"])
def test_what_is_no_regular_file_is_refused_and_nothing_waits_for_it(
    tmp_path: Path, name: str, kind: str, manifest: str
) -> None:
    """In a process of its own: a pipe that is opened by mistake would wait for a writer for ever."""
    delivery = write_delivery(tmp_path / "exports", FILES)
    path = delivery.folder / name
    path.rename(tmp_path / "elsewhere")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere" if kind == "link" else path)
    command = [sys.executable, "-c", VERIFY, str(tmp_path / "exports"), manifest]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "not a regular file" in done.stderr and "Traceback" not in done.stderr


def test_without_a_manifest_what_is_there_is_taken_when_a_person_allows_it(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "manifest.json").unlink()
    (delivery.folder / "~$frame.xlsx").write_bytes(b"left by an office program")
    manifest = deliveries.verify(delivery, is_manifest_optional=True)
    assert [(file.path.name, file.row_count) for file in manifest.files] == [
        ("calls-001.csv", None),
        ("frame.csv", None),
    ]
    assert not manifest.is_given


def test_a_manifest_that_is_there_counts_though_it_is_optional(tmp_path: Path) -> None:
    delivery = write_delivery(tmp_path, FILES)
    (delivery.folder / "frame.csv").write_bytes(b"changed")
    assert faults_of(delivery, is_manifest_optional=True)[0].startswith("frame.csv: sha256")


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["calls-001.csv", "calls-003.csv", "frame.csv"], ["calls-002.csv"]),
        (["calls-002.csv.gz", "calls-003.csv.gz"], ["calls-001.csv.gz"]),
        ([f"calls-{number}.csv" for number in (1, 2, 3, 4, 6, 7, 8, 9, 11)], ["calls-5.csv", "calls-10.csv"]),
        (["frame-2018.csv", "frame-2016.csv"], []),
        (["calls-1.csv", "calls-2.csv", "frame1.csv"], []),
        (["calls-1.csv", "calls-3.txt"], []),
    ],
)
def test_a_gap_in_numbered_parts_is_noticed_without_a_manifest(
    tmp_path: Path, names: list[str], missing: list[str]
) -> None:
    delivery = write_delivery(tmp_path, dict.fromkeys(names, (b"x", 1)))
    (delivery.folder / "manifest.json").unlink()
    if missing:
        assert faults_of(delivery, is_manifest_optional=True) == [f"part {name} is missing" for name in missing]
    else:
        assert len(deliveries.verify(delivery, is_manifest_optional=True).files) == len(names)


@pytest.mark.parametrize("options", [{}, {"is_manifest_optional": True}], ids=["needed", "optional"])
def test_a_name_in_another_encoding_is_refused_in_words_that_can_be_written(
    tmp_path: Path, options: dict[str, bool]
) -> None:
    delivery = write_delivery(tmp_path, FILES)
    if options:
        (delivery.folder / "manifest.json").unlink()
    (delivery.folder / os.fsdecode("回访.csv".encode("gbk"))).touch()
    told = "; ".join(faults_of(delivery, **options))
    assert told.encode() and "udcbb" in told
