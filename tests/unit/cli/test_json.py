"""`--json` of every listing: one JSON value on standard output, whatever the language, with the exit code of the list for people."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from callback_survey.cli import main
from callback_survey.setting_values import PREFIX
from homes import Home
from lakes import ONE_CALL, ONE_CASE, SAMPLE_REGISTERS, Lake, calls, frame
from shelves import make_home


def parsed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main.main([*arguments, "--json", "--language", "zh"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"{PREFIX}EXPORTS", str(tmp_path / "exports"))
    return make_home(tmp_path / "home")


def test_revisions_come_with_their_state_and_the_decisions(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = parsed(capsys, "releases", "list", "--region", "330109", "--quarter", "2018Q1")
    assert code == 0
    assert [(one["revision"], one["state"], one["approval_status"]) for one in found] == [
        (1, "replaced", "draft"),
        (2, "served", "rejected"),
    ]
    assert found[0]["folder"] == str(home / "releases" / "330109" / "2018Q1" / "r1")


def test_checks_come_whole(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (failed, passed) = parsed(capsys, "checks")
    assert code == 0
    assert {failed["run"], passed["run"]} == {"dag/run:2", "run-1"}
    (report,) = next(one for one in (failed, passed) if one["run"] == "dag/run:2")["reports"]
    assert (report["quarter"], report["results"][0]["check_id"], report["results"][0]["outcome"]) == (
        "2018Q3",
        "sample_within_frame",
        "fail",
    )


@pytest.mark.parametrize(
    "listing", [("deliveries",), ("checks",), ("releases", "list"), ("accept", "--list")], ids=" ".join
)
def test_of_nothing_there_is_an_empty_list(
    listing: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path))
    assert parsed(capsys, *listing) == (0, [])


def test_a_real_home_is_told_by_each(small: Home, tmp_path: Path) -> None:
    home = small.copy(tmp_path / "home")

    def told(*arguments: str) -> tuple[int, Any]:
        outcome = home.run_here(*arguments, "--json")
        return outcome.code, json.loads(outcome.out)

    code, (delivery,) = told("deliveries")
    assert (code, delivery["state"], delivery["rejected_count"]) == (0, "current", 0)
    assert {file["dataset"] for file in delivery["files"]} >= {"frame", "calls"}
    code, (verified,) = told("releases", "verify")
    assert (code, verified["is_whole"]) == (0, True)
    code, parts = told("verify")
    assert (code, [part["faults"] for part in parts if part["faults"]]) == (0, [])
    code, watched = told("watch")
    assert (code, {"key", "severity", "text", "next_step"} <= watched["problems"][0].keys()) == (4, True)
    code, planned = told("plan", "--region", "330109", "--quarter", "2018Q2", "--margin", "3", "--detect", "5")
    assert (code, planned["previous"], planned["frame"]) == (0, "2018Q1 r1", None)
    assert {"valid_frame_count", "rule_count", "neyman_count"} <= planned["departments"][0].keys()
    assert planned["detections"]
    code, findings = told("doctor")
    assert (code, findings[0]["subject"], findings[0]["state"]) == (0, "versions", "ok")


def test_rejects_come_with_counts_and_the_first_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = Lake(tmp_path / "lake", tmp_path / "exports")
    lake.deliver(
        {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL, ("XS-2", "不是时间", "成功", "满意", "一次"))}
    )
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path))
    export = tmp_path / "rejects.csv"
    code, found = parsed(capsys, "rejects", "--region", "330109", "--quarter", "2018Q1", "--export", str(export))
    assert (code, found["rejected_count"]) == (0, 1)
    assert found["counts"] == [{"dataset": "calls", "reason": "unreadable_date", "row_count": 1}]
    assert found["first_rows"][0]["line"] == 3
    assert export.is_file()


def test_faults_of_a_register_come_one_by_one_with_the_exit_code_of_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SAMPLE_REGISTERS, tmp_path / "registers")
    monkeypatch.setenv(f"{PREFIX}REGISTERS", str(tmp_path / "registers"))
    assert parsed(capsys, "register", "check") == (0, {"registers": str(tmp_path / "registers"), "faults": []})
    departments = tmp_path / "registers" / "departments.csv"
    lines = departments.read_text(encoding="utf-8-sig").splitlines()
    departments.write_text("\n".join([*lines, lines[-1]]) + "\n", encoding="utf-8")
    code, found = parsed(capsys, "register", "check")
    assert code == 2
    assert found["faults"] and {"what", "files", "next_step"} <= found["faults"][0].keys()
