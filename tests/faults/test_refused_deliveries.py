"""A delivery that is not match its manifest, or cannot be read, is refused whole: told once, and nothing is kept of it
but the record that it came.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from deliveries import FRAME_HEADER, OFFICES, encoded, rows_of, seal, write_delivery
from homes import QUARTER, REGION, Home, contents

if TYPE_CHECKING:
    from receivers import Receiver

ROWS = rows_of(OFFICES)
LEDGER = f"lake/ledger/region={REGION}/quarter={QUARTER}"
COUNTS = {name: len(rows) - 1 for name, rows in ROWS.items()}


@dataclass(frozen=True)
class Damage:
    """What is done to a sound delivery, and the words that must say so."""

    harm: Callable[[Path], object]
    said: tuple[str, ...]


def changed_after_sealing(folder: Path) -> None:
    text = (folder / "frame.csv").read_text(encoding="utf-8")
    (folder / "frame.csv").write_text(text.replace("2018-02-14", "2018-02-15", 1), encoding="utf-8")


def truncated_archive(folder: Path) -> None:
    """Cut on the way, and sealed after the cut: the hash is right, the archive is not."""
    (folder / "frame.csv").unlink()
    whole = encoded(ROWS["frame.csv"], is_compressed=True)
    (folder / "frame.csv.gz").write_bytes(whole[: len(whole) * 2 // 3])
    seal(folder, {"frame.csv.gz": COUNTS["frame.csv"], "calls.csv": COUNTS["calls.csv"]})


def renamed_column(folder: Path) -> None:
    rows = [["办件编码", *FRAME_HEADER[1:]], *ROWS["frame.csv"][1:]]
    (folder / "frame.csv").write_bytes(encoded(rows))
    seal(folder, COUNTS)


def unknown_encoding(folder: Path) -> None:
    (folder / "frame.csv").write_bytes(encoded(ROWS["frame.csv"]) + b"\xff\xfe\xff\n")
    seal(folder, COUNTS)


def two_damaged_files(folder: Path) -> None:
    """Whoever mends one file wants to know of the other too."""
    renamed_column(folder)
    (folder / "calls.csv").write_bytes(encoded(ROWS["calls.csv"]) + b"\xff\xfe\xff\n")
    seal(folder, COUNTS)


def truncated_workbook(folder: Path) -> None:
    book = openpyxl.Workbook()
    for row in ROWS["calls.csv"]:
        book.active.append(row)
    book.save(folder / "calls-002.xlsx")
    whole = (folder / "calls-002.xlsx").read_bytes()
    (folder / "calls-002.xlsx").write_bytes(whole[: len(whole) * 2 // 3])
    seal(folder, {**COUNTS, "calls-002.xlsx": COUNTS["calls.csv"]})


DAMAGES = {
    "a file changed after the manifest": Damage(changed_after_sealing, ("frame.csv: sha256", "the manifest says")),
    "a missing file": Damage(
        lambda folder: (folder / "calls.csv").unlink(), ("calls.csv: listed in the manifest, not in the folder",)
    ),
    "an unlisted file": Damage(
        lambda folder: (folder / "calls-002.csv").write_bytes(encoded(ROWS["calls.csv"])),
        ("calls-002.csv: in the folder, not in the manifest",),
    ),
    "no manifest yet": Damage(
        lambda folder: (folder / "manifest.json").unlink(),
        ("there is no manifest.json, so the upload is not complete",),
    ),
    "half a manifest": Damage(
        lambda folder: (folder / "manifest.json").write_text('{"files": [{"name": "fra'),
        ("manifest.json cannot be read",),
    ),
    "a truncated archive": Damage(truncated_archive, ("frame.csv.gz", "cut off or damaged")),
    "a wrong row count": Damage(
        lambda folder: seal(folder, {**COUNTS, "calls.csv": COUNTS["calls.csv"] + 1}),
        ("calls.csv: 13 records, the manifest says 14",),
    ),
    "a renamed column": Damage(
        renamed_column,
        ("frame.csv: 没有找到 case_id（办件编号、办件号、业务流水号）", "最接近的列: 办件编码"),
    ),
    "two damaged files": Damage(
        two_damaged_files,
        (
            "2 files cannot be landed",
            "frame.csv: 没有找到 case_id",
            "calls.csv: line 15, column 1",
            "the byte 0xFF is no character",
        ),
    ),
    "a part in another format that is cut off": Damage(
        truncated_workbook, ("calls-002.xlsx: the workbook is cut off or damaged",)
    ),
    "bytes of no encoding": Damage(unknown_encoding, ("frame.csv: line", "the byte 0xFF is no character")),
    "a frame without calls": Damage(
        lambda folder: ((folder / "calls.csv").unlink(), seal(folder, {"frame.csv": COUNTS["frame.csv"]})),
        ("found frame; a delivery is frame and calls, or published",),
    ),
}


@pytest.fixture
def home(small: Home, tmp_path: Path) -> Home:
    """A home that serves the sound delivery, and an empty folder of exports."""
    return small.copy(tmp_path / "home", exports=tmp_path / "exports")


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_delivery_is_refused_told_once_and_leaves_no_trace(
    home: Home, damage: Damage, receiver: Receiver
) -> None:
    damage.harm(write_delivery(home.exports / REGION / QUARTER, ROWS))
    kept = {name: contents(home.path / name) for name in ("lake", "releases", "serving")}
    sent = contents(home.exports)

    outcome = home.with_settings(ALERT_URLS=receiver.url, LANGUAGE="en").run_quarter_here()

    assert outcome.code == 3
    assert len(receiver.messages) == 1
    for words in (f"{REGION} {QUARTER}", *damage.said):
        assert words in outcome.err
        assert words in receiver.text
    assert str(home.exports / REGION / QUARTER) in outcome.err  # where to look
    [record] = (home.path / LEDGER).glob("refused-*.json")
    refusal = json.loads(record.read_text(encoding="utf-8"))
    assert all(words in str(refusal["faults"]) or words in refusal["what"] for words in damage.said)
    record.unlink()
    assert {name: contents(home.path / name) for name in kept} == kept
    assert contents(home.exports) == sent  # exports are read-only


def test_a_sound_delivery_of_that_shape_is_accepted(home: Home) -> None:
    """What the damages are done to: without one of them it is the delivery that is served."""
    write_delivery(home.exports / REGION / QUARTER, ROWS)
    outcome = home.run_quarter_here("--dry-run")
    assert outcome.code == 0
    assert "unchanged, already landed and current" in outcome.out
