"""The manifest that a folder of files gets is the one that landing expects of it; a folder that cannot land gets none."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from callback_survey.cli.main import main
from callback_survey.deliveries.delivery import Delivery
from export_writers import as_parquet_rows, as_xlsx
from lakes import CALLS_HEADER, FRAME_HEADER, ONE_CALL, ONE_CASE, QUARTER, REGION, Lake, calls, frame, tree_of

CASES = [ONE_CASE, ("XS-2", *ONE_CASE[1:])]


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return packed.getvalue()


FORMS: dict[str, Callable[[], dict[str, bytes]]] = {
    "csv": lambda: {"frame.csv": frame(*CASES)[0], "calls.csv": calls(ONE_CALL)[0]},
    "gzip": lambda: {"frame.csv.gz": gzip.compress(frame(*CASES)[0]), "calls.csv": calls(ONE_CALL)[0]},
    "workbook": lambda: {"回访.xlsx": as_xlsx({"样本框": [FRAME_HEADER, *CASES], "回访": [CALLS_HEADER, ONE_CALL]})},
    "archive": lambda: {"一季度.zip": zipped(frame=frame(*CASES)[0], calls=calls(ONE_CALL)[0])},
    "parquet": lambda: {"frame.parquet": as_parquet_rows(FRAME_HEADER, CASES), "calls.csv": calls(ONE_CALL)[0]},
    "beside a letter": lambda: {
        "frame.csv": frame(*CASES)[0],
        "calls.csv": calls(ONE_CALL)[0],
        "说明.txt": "各部门：\n随函附上数据。\n".encode(),
        "~$frame.xlsx": b"left behind",
    },
}


def folder_of(tmp_path: Path, files: dict[str, bytes]) -> Path:
    folder = tmp_path / "exports" / REGION / QUARTER
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_lands_by_the_manifest_it_was_given(tmp_path: Path, lake: Lake, form: str) -> None:
    folder = folder_of(tmp_path, FORMS[form]())
    assert main(["manifest", str(folder), "--note", "演练\n数据"]) == 0
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["note"] == "演练 数据"
    assert sum(file["rows"] for file in manifest["files"]) == 3
    report = lake.land(Delivery(REGION, QUARTER, folder))
    assert (report.files[0].rejected_count, sum(file.accepted_count for file in report.files)) == (0, 3)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"frame.csv": frame(*CASES)[0], "calls.csv": b"\xff\xff\xff"}, "calls.csv: "),
        ({"frame.csv": "办件编号,什么\nXS-1,1\n".encode()}, "frame.csv: "),
        ({"frame-15400000001.csv": frame(*CASES)[0], "13812345678.csv": b""}, "phone or identity number"),
        ({"frame(1).csv": frame(*CASES)[0], "frame(3).csv": frame(*CASES)[0]}, "missing"),
        ({"说明.txt": "随函附上数据。\n".encode()}, "no file holds a known table"),
        ({}, "no file holds a known table"),
    ],
)
def test_a_folder_that_cannot_land_gets_none_and_every_fault_is_named(
    tmp_path: Path, files: dict[str, bytes], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path, files)
    before = tree_of(folder)
    assert main(["manifest", str(folder)]) == 2
    told = capsys.readouterr().err
    assert said in told and "13812345678" not in told
    assert tree_of(folder) == before


def test_a_manifest_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path, {"frame.csv": frame(*CASES)[0], "manifest.json": b"{}"})
    assert main(["manifest", str(folder)]) == 2
    assert "has a manifest.json already" in capsys.readouterr().err
    assert (folder / "manifest.json").read_bytes() == b"{}"


def test_no_setting_is_needed_and_a_wrong_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PRIVACY_KEY", "PRIVACY_KEY_FILE", "HOME"):
        monkeypatch.delenv(f"CALLBACK_SURVEY_{name}", raising=False)
    assert main(["manifest", str(tmp_path / "none"), "--language", "zh"]) == 2
    assert "不是文件夹" in capsys.readouterr().err
