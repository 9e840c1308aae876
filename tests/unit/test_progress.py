"""A run tells its steps as JSON lines, the same for command line and Airflow."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from callback_survey import progress
from callback_survey.progress import Event, Progress


def test_a_step_tells_its_start_what_it_says_and_its_result(tmp_path: Path) -> None:
    heard: list[Event] = []
    told = Progress("run-1", tmp_path / "runs" / "run-1.jsonl", heard.append)
    with told.step("land", "330109") as step:
        step.say("halfway")
        step.result = "3 rows"
    assert [(event.step, event.subject, event.state, event.message) for event in heard] == [
        ("land", "330109", "started", ""),
        ("land", "330109", "said", "halfway"),
        ("land", "330109", "done", "3 rows"),
    ]
    assert progress.read(told.log) == heard
    assert {event.run_id for event in heard} == {"run-1"}
    assert heard[0].seconds <= heard[1].seconds <= heard[2].seconds


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("first line\nsecond line"), "first line"),
        (ValueError(), "ValueError"),
        (KeyboardInterrupt(), "stopped"),
    ],
)
def test_a_step_that_raises_is_told_as_failed_and_the_error_goes_on(
    tmp_path: Path, error: BaseException, message: str
) -> None:
    told = Progress("run-1", tmp_path / "log.jsonl")

    def fail() -> None:
        with told.step("build") as step:
            step.result = "never said"
            raise error

    with pytest.raises(type(error)):
        fail()
    assert [(event.state, event.message) for event in progress.read(told.log)] == [("started", ""), ("failed", message)]


def test_lines_of_parallel_tasks_do_not_mix(tmp_path: Path) -> None:
    told = Progress("run-1", tmp_path / "log.jsonl")

    def work(number: int) -> None:
        for _ in range(20):
            with told.step("land", f"{number:06d}") as step:
                step.result = "区教育局" * 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    events = progress.read(told.log)
    assert len(events) == 8 * 20 * 2
    assert {event.message for event in events if event.state == "done"} == {"区教育局" * 200}


def test_the_log_is_plain_utf_8_json_one_line_an_event(tmp_path: Path) -> None:
    told = Progress("run-1", tmp_path / "log.jsonl")
    with told.step("gate 1", "330109") as step:
        step.result = "区教育局\n两行"
    lines = told.log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert json.loads(lines[1])["message"] == "区教育局\n两行"
    assert "区教育局" in lines[1]


def test_a_run_that_has_told_nothing_yet_reads_as_nothing(tmp_path: Path) -> None:
    assert progress.read(tmp_path / "not there.jsonl") == []


def test_an_airflow_run_id_becomes_a_file_name(tmp_path: Path) -> None:
    run_id = "manual__2018-04-20T06:00:00+08:00/x"
    assert progress.file_name(run_id) == "manual__2018-04-20T06_00_00_08_00_x"
    assert progress.log_of(tmp_path, run_id).parent == tmp_path / "runs"
    assert progress.file_name("../../etc") == ".._.._etc"


def test_a_log_that_cannot_be_written_neither_stops_a_step_nor_hides_its_error(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    heard: list[Event] = []
    told = Progress("run-1", tmp_path / "logs" / "run-1.jsonl", heard.append)
    with pytest.raises(ZeroDivisionError), told.step("land"):
        raise ZeroDivisionError("the step's own")
    assert [event.state for event in heard] == ["started", "failed"]


def test_a_line_that_a_full_disk_cut_off_is_left_out(tmp_path: Path) -> None:
    told = Progress("run-1", tmp_path / "run-1.jsonl")
    with told.step("land"):
        pass
    with told.log.open("r+b") as log:
        log.truncate(told.log.stat().st_size - 9)
    with told.step("build"):
        pass
    found = [(event.step, event.state) for event in progress.read(told.log)]
    # the line written next goes on where the cut one ended
    assert found == [("land", "started"), ("build", "done")]
