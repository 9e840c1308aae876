"""Files cut off or changed at any place: one of the three refusals, and nothing else ever comes out of a reader."""

from __future__ import annotations

import functools
import random
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from export_writers import (
    ANNEX_HEADER,
    FRAME_HEADER,
    ONE_CASE,
    ONE_LINE,
    REFUSALS,
    Reader,
    as_csv,
    as_docx,
    as_gzip,
    as_parquet_rows,
    as_xls,
    as_xlsx,
    as_zip,
)

SECRET = "15400000001"
ROWS = [FRAME_HEADER, *[(f"XS-{number * 7919}", *ONE_CASE[1:]) for number in range(40)]]
CASES_OF_EACH = 60
CASES_OF_A_WORKBOOK = 30


@functools.cache
def whole(name: str) -> bytes:
    """A small valid file of each format."""
    text = as_csv(ROWS)
    return {
        "frame.csv": lambda: text.encode("gb18030"),
        "frame-utf16.csv": lambda: text.encode("utf-16"),
        "frame.csv.gz": lambda: as_gzip(text),
        "frame.xlsx": lambda: as_xlsx({"一": ROWS}),
        "frame.xls": lambda: as_xls({"一": ROWS}),
        "frame.parquet": lambda: as_parquet_rows(ROWS[0], ROWS[1:]),
        "frame.zip": lambda: as_zip({"frame-1.csv": text, "frame-2.parquet": as_parquet_rows(ROWS[0], ROWS[1:])}),
        "published.docx": lambda: as_docx([[ANNEX_HEADER, ONE_LINE]]),
        "published.txt": lambda: as_csv([["样例"], ANNEX_HEADER, ONE_LINE], delimiter="\t").encode(),
    }[name]()


NAMES = [
    "frame.csv", "frame-utf16.csv", "frame.csv.gz", "frame.parquet", "frame.zip", "published.docx", "published.txt",
]  # fmt: skip
CHECKED = ["frame.csv.gz", "frame.xlsx", "frame.parquet", "frame.zip", "published.docx"]


@pytest.mark.parametrize("name", CHECKED)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
@pytest.mark.usefixtures("in_process")
def test_a_file_that_is_cut_off_anywhere_is_refused(reader: Reader, name: str, share: float) -> None:
    content = whole(name)
    told = reader.refusal(name, content[: int(len(content) * share)])
    assert "cut off" in told or told == "the file holds no text"
    assert SECRET not in told


@pytest.mark.parametrize("share", [0, 0.1, 0.3, 0.5, 0.8])
@pytest.mark.usefixtures("in_process")
def test_a_workbook_of_the_old_format_that_is_cut_off_is_refused(reader: Reader, share: float) -> None:
    """Its last sectors are padding; what is cut before them shows."""
    content = whole("frame.xls")
    assert "cut off" in reader.refusal("frame.xls", content[: int(len(content) * share)])


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed, taken out, put in, doubled, or joined with those of another file."""
    found = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5, 30])):
        at, length = chance.randrange(len(found) + 1), chance.randrange(1, 40)
        match chance.randrange(6):
            case 0 if at < len(found):
                found[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
            case 1 if at < len(found):
                found[at] ^= 1 << chance.randrange(8)
            case 2:
                del found[at : at + length]
            case 3:
                found[at:at] = chance.randbytes(length)
            case 4:
                found[at:at] = found[at : at + length] * chance.randrange(1, 20)
            case 5:
                found[at : at + 8] = chance.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF]).to_bytes(8, "little")
    return bytes(found)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_bytes_come_a_reader_reads_or_refuses(reader: Reader, name: str) -> None:
    chance = random.Random(f"2018Q1 {name}")
    told = [refusal_if_any(reader, name, mutated(whole(name), chance)) for _ in range(CASES_OF_EACH)]
    assert any(told)
    assert not [text for text in told if SECRET in text or len(text) > 1_000]


def refusal_if_any(reader: Reader, name: str, content: bytes) -> str:
    try:
        reader.all(name, content)
    except REFUSALS as error:
        return str(error)
    return ""


DRIVER = """
import os, signal, sys
from pathlib import Path
import pyarrow, python_calamine
os.environ["RUST_BACKTRACE"] = "0"
from callback_survey.deliveries import workbook
for path in sorted(Path(sys.argv[1]).iterdir()):
    folder = Path(sys.argv[2]) / path.name
    folder.mkdir()
    if (child := os.fork()) == 0:
        sys.argv = ["", str(path), str(folder), str(1 << 29), "20", str(1 << 30)]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.dup2(2, 1)
        code = 1
        try:
            code = workbook._main()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(path.name, code)
"""
# read, refused in words, an exception of the library, out of memory; not among them: 24, out of time
ENDS = {"0", "3", "1", "-6"}


@pytest.mark.parametrize("name", ["frame.xlsx", "frame.xls"])
def test_whatever_bytes_come_the_child_reads_or_refuses_a_workbook(reader: Reader, name: str) -> None:
    """Forked from one process, or half a second would go into starting each; a child that dies is refused in any case."""
    chance = random.Random(f"2018Q1 {name}")
    files, target = reader.folder / "files", reader.folder / "target"
    files.mkdir()
    target.mkdir()
    for number in range(CASES_OF_A_WORKBOOK):
        (files / f"{number:03d}-{name}").write_bytes(mutated(whole(name), chance))
    command = [sys.executable, "-c", DRIVER, str(files), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert len(told) == CASES_OF_A_WORKBOOK, done.stderr[-500:]
    assert set(told.values()) <= ENDS
    assert "3" in told.values()
    # those the library itself trips over, as a delivery would bring them
    odd = [path for path, code in told.items() if code in ("1", "-6")]
    for path in odd[:3]:
        assert "cannot be read within" in reader.refusal(name, (files / path).read_bytes())
