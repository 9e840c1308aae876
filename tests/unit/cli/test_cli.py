"""The command line: usage errors end with 2 and the next step before anything is loaded; every ending has its code."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from callback_survey.cli import main
from callback_survey.errors import GateFailed, SurveyError
from callback_survey.landing import ledger
from callback_survey.pipeline import local
from lakes import ONE_CALL, ONE_CASE, Lake, calls, frame, tree_of, write_delivery

KEY = "k" * 32
HEAVY = ("airflow", "dbt", "duckdb", "great_expectations", "pandas", "pyarrow", "rich")
LOADED = f"""
import sys
from callback_survey.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print("loaded:", sorted(name for name in {HEAVY!r} if name in sys.modules), "code:", code)
"""
FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("PRIVACY_KEY_FILE", "EXPORTS", "ALERT_URLS", "PROGRESS_LOG"):
        monkeypatch.delenv(f"CALLBACK_SURVEY_{name}", raising=False)
    monkeypatch.setenv("CALLBACK_SURVEY_PRIVACY_KEY", KEY)
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path / "home"))
    handlers = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = handlers  # a run sends the process's log to its file


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "required: --quarter"),
        (["run", "--quarter", "2018Q5"], "next: callback-survey run --quarter 2018Q1"),
        (["run", "--quarter", "2019Q1..2018Q1"], "next: use 2018Q1..2019Q1"),
        (
            ["run", "--quarter", "2018Q1", "--region", "33010"],
            "next: callback-survey run --region 123456 --quarter 2018Q1",
        ),
        (["airflow", "run", "--quarter", "Q1"], "next: callback-survey run --quarter 2018Q1"),
        (["airflow"], "required: action"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "required: command"),
    ],
)
def test_a_usage_error_ends_with_2_and_the_next_step_before_anything_is_loaded(
    arguments: list[str], words: str
) -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True)
    assert words in ended.stderr
    assert ended.stdout == "loaded: [] code: 2\n"


@pytest.mark.parametrize("arguments", [["run"], ["airflow", "run"]])
def test_a_missing_key_ends_with_2_before_anything_is_loaded(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CALLBACK_SURVEY_PRIVACY_KEY")
    command = [sys.executable, "-c", LOADED, *arguments, "--quarter", "2018Q1"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stderr.startswith("error: no privacy key is set")
    assert "next: keep one key per installation" in ended.stderr
    assert ended.stdout == "loaded: [] code: 2\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["run", "airflow", ".env.example"]),
        (
            ["run", "--help"],
            ["callback-survey run --quarter 2018Q1", "--dry-run", "exit codes: 0 released or nothing new"],
        ),
        (["airflow", "run", "--help"], ["callback-survey airflow run --region 123456 --quarter 2018Q1"]),
        (["airflow", "standalone", "--help"], ["--port", "default 8080"]),
        (["--version"], ["0.1.0"]),
    ],
)
def test_help_shows_commands_to_copy(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(arguments)
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert [word for word in words if word not in printed] == []


def dry_run(lake: Lake, *more: str) -> int:
    return main.main(["run", "--quarter", "2018Q1", "--exports", str(lake.exports), "--dry-run", *more])


def test_a_dry_run_says_what_would_land_and_writes_nothing(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_delivery(lake.exports, FILES)
    assert dry_run(lake) == 0
    first, *files = capsys.readouterr().out.splitlines()
    assert first.startswith("330109 2018Q1: delivery ") and first.endswith(" would be the first")
    assert files == ["  calls.csv: 1 rows", "  frame.csv: 1 rows"]
    assert not (tmp_path / "home").exists()


def test_a_dry_run_names_the_delivery_that_would_be_superseded(
    lake: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.folder, lake.secret = tmp_path / "home" / "lake", KEY.encode()
    landed = lake.deliver(FILES)
    ledger.make_current(lake.folder, landed, run_id="run-1")
    before = tree_of(tmp_path)
    assert dry_run(lake) == 0
    assert f"delivery {landed.delivery_id}: unchanged, already landed and current" in capsys.readouterr().out
    assert tree_of(tmp_path) == before
    write_delivery(lake.exports, FILES | {"frame.csv": frame(ONE_CASE, ONE_CASE)})
    assert dry_run(lake) == 0
    assert f"would supersede {landed.delivery_id}, landed {landed.landed_at}" in capsys.readouterr().out


def test_a_dry_run_refuses_what_landing_would_refuse_on_first_sight(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    (write_delivery(lake.exports, FILES).folder / "calls.csv").unlink()
    assert dry_run(lake) == 3
    assert capsys.readouterr().out.splitlines() == [
        "330109 2018Q1: would be refused: the delivery does not match its manifest",
        "  calls.csv: listed in the manifest, not in the folder",
    ]


def test_a_dry_run_names_what_would_not_be_read(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    delivery = write_delivery(lake.exports, {**FILES, "报告.pdf": (b"%PDF-1.7\n", 0)})
    (delivery.folder / ".DS_Store").write_bytes(b"x")
    assert dry_run(lake) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "  报告.pdf: was not read, it is a document in PDF",
        "  passed over, left there by programs: .DS_Store",
    ]


def test_a_dry_run_without_a_delivery_says_where_it_looked(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    assert dry_run(lake, "--region", "330110") == 0
    assert capsys.readouterr().out == f"2018Q1: no delivery under {lake.exports}\n"


def raising(error: BaseException) -> Callable[..., Any]:
    def run_quarter(*arguments: object) -> None:
        raise error

    return run_quarter


@pytest.mark.parametrize(
    ("error", "code"),
    [(GateFailed("gate 2 failed", alert_lines=["区教育局: 9 > 8"]), 3), (SurveyError("dbt ended"), 1)],
)
def test_an_error_is_told_in_words_and_ends_with_its_code(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: SurveyError, code: int
) -> None:
    monkeypatch.setattr(local, "run_quarter", raising(error))
    assert main.main(["run", "--quarter", "2018Q1"]) == code
    assert f"error: {error}" in capsys.readouterr().err


def test_a_fault_of_the_pipeline_ends_with_1_and_names_the_log_instead_of_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(local, "run_quarter", raising(RuntimeError("no space left\non the device")))
    assert main.main(["run", "--quarter", "2018Q1"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: RuntimeError: no space left\n")
    (log,) = (tmp_path / "home" / "logs" / "runs").glob("*.log")
    assert f"where: {log}" in told
    assert "Traceback" not in told


def test_a_quarter_without_a_delivery_was_a_mistake_of_the_caller(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["run", "--quarter", "2018Q2", "--exports", str(lake.exports), "--region", "330109"]) == 2
    told = capsys.readouterr().err
    assert "error: no delivery for 2018Q2 of region 330109" in told
    assert f"where: {lake.exports / '330109' / '2018Q2'}" in told


def test_stopping_by_hand_says_that_a_new_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local, "run_quarter", raising(KeyboardInterrupt()))
    assert main.main(["run", "--quarter", "2018Q1"]) == 130
    assert "run again to continue" in capsys.readouterr().err


def _interrupted(*_: object, **__: object) -> None:
    """As DuckDB ends a query on Ctrl-C."""
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as key:
        raise RuntimeError("Query interrupted") from key


def test_stopping_by_hand_during_a_query_is_no_fault_and_no_alert(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alerted: list[object] = []
    monkeypatch.setattr(local.steps, "discover", _interrupted)
    monkeypatch.setattr(local.alerts, "tell_failure", lambda *given, **_: alerted.append(given))
    assert main.main(["run", "--quarter", "2018Q1"]) == 130
    monkeypatch.setattr(local, "run_quarter", _interrupted)
    assert main.main(["run", "--quarter", "2018Q1"]) == 130
    said = capsys.readouterr().err
    assert said.count("run again to continue") == 2 and "fault" not in said
    assert not alerted


@pytest.mark.parametrize("is_raised", [False, True])
def test_a_range_runs_quarter_after_quarter_and_stops_at_the_first_failure(
    monkeypatch: pytest.MonkeyPatch, is_raised: bool
) -> None:
    """The failure of one region among several comes back, after the others were released; anything else is raised."""
    asked: list[str] = []

    def run_quarter(run: object, quarter: object, region: str | None) -> GateFailed | None:
        asked.append(str(quarter))
        failure = GateFailed("gate 2 failed") if str(quarter) == "2018Q3" else None
        if failure is not None and is_raised:
            raise failure
        return failure

    monkeypatch.setattr(local, "run_quarter", run_quarter)
    assert main.main(["run", "--quarter", "2018Q2..2018Q4"]) == 3
    assert asked == ["2018Q2", "2018Q3"]


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        ("callback-survey releases ", {"list", "show", "diff", "verify", "rollback", "serve"}),
        ("callback-survey status --qu", {"--quarter"}),
        ("callback-survey airflow d", {"dags"}),
    ],
)
def test_the_shell_is_told_what_could_follow(typed: str, proposed: set[str], tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": " ", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer)}
    asked |= {"COMP_LINE": typed, "COMP_POINT": str(len(typed)), "_ARGCOMPLETE_SUPPRESS_SPACE": "1"}
    command = str(Path(sys.executable).with_name("callback-survey"))
    subprocess.run([command], env={**os.environ, **asked}, capture_output=True, check=True)
    assert {
        word for word in answer.read_text(encoding="utf-8").split() if word not in ("-h", "--help", "--language")
    } == proposed
