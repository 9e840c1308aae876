"""`deliveries` and `rejects`: what was landed or refused, and the rejected rows for the sender, safe to open."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from callback_survey.cli import main
from callback_survey.errors import DeliveryRefused
from callback_survey.landing import LandingReport
from callback_survey.pipeline import steps
from callback_survey.run import Run
from callback_survey.settings import Settings
from lakes import (
    FRAME_HEADER,
    ONE_CALL,
    ONE_CASE,
    REPOSITORY,
    SAMPLE_REGISTERS,
    Lake,
    as_csv,
    calls,
    frame,
    write_delivery,
)

KEY = "k" * 32
Tell = Callable[..., tuple[int, list[str], str]]
BAD_CASES = [
    ("XS-1", "区档案局", "昨天", "15400000001", "查档", ""),
    ("XS-2", "区教育局", "昨天", "15400000001", "=1+1", ""),
    ("", "区教育局", "2018-03-01", "15400000001", "查档", ""),
]
BAD_CALL = ("XS-9", "2018-04-10", "睡觉", "", "")


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    for name in ("PRIVACY_KEY_FILE", "EXPORTS", "ALERT_URLS", "PROGRESS_LOG"):
        monkeypatch.delenv(f"CALLBACK_SURVEY_{name}", raising=False)
    monkeypatch.setenv("CALLBACK_SURVEY_PRIVACY_KEY", KEY)
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path / "home"))
    return Lake(tmp_path / "home" / "lake", tmp_path / "exports", secret=KEY.encode())


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run the command; returns its code, the lines it printed, and its complaints."""

    def run(*arguments: str) -> tuple[int, list[str], str]:
        code = main.main(arguments)
        told = capsys.readouterr()
        return code, told.out.splitlines(), told.err

    return run


def deliver(lake: Lake, *good: tuple[str, ...]) -> LandingReport:
    return lake.deliver({"frame.csv": frame(*BAD_CASES, *good), "calls.csv": calls(ONE_CALL, BAD_CALL)})


def refuse(lake: Lake, fault_file: str) -> None:
    settings = Settings(
        lake.folder.parent, lake.exports, REPOSITORY / "dbt_project", "1GB", (), KEY, None, registers=SAMPLE_REGISTERS
    )
    shutil.rmtree(lake.exports / "330109", ignore_errors=True)
    delivery = write_delivery(lake.exports, {fault_file: (b"x", 1)})
    with pytest.raises(DeliveryRefused):
        steps.land(Run(settings, "run-2"), delivery)


ASKED = ("rejects", "--region", "330109", "--quarter", "2018Q1")


def test_rejects_are_counted_by_reason_and_the_first_are_shown_with_their_place(lake: Lake, tell: Tell) -> None:
    report = lake.publish(deliver(lake, ONE_CASE))
    code, lines, _ = tell(*ASKED)
    assert code == 0
    assert lines == [
        f"330109 2018Q1 delivery {report.delivery_id}: 4 rows rejected",
        "  frame: unreadable_date 2",
        "  calls: unknown_disposition 1",
        "  frame: missing_case_id 1",
        "",
        "file       line  department  reason",
        f"calls.csv     3  -           {lake.rows('rejects')[0]['detail']}",
        "frame.csv     2  区档案局    办结日期「昨天」不是日期；例：2018-03-01",
        "frame.csv     3  区教育局    办结日期「昨天」不是日期；例：2018-03-01",
        "frame.csv     4  区教育局    missing_case_id",
    ]


def test_reasons_are_counted_in_chinese_too(lake: Lake, tell: Tell) -> None:
    lake.publish(deliver(lake, ONE_CASE))
    code, lines, _ = tell(*ASKED, "--language", "zh")
    assert (code, lines[1:4]) == (
        0,
        ["  样本框: 日期无法识别 2", "  回访记录: 回访结果无法识别 1", "  样本框: 缺少办件编号 1"],
    )


def test_many_rejects_are_counted_whole_and_shown_in_part(lake: Lake, tell: Tell) -> None:
    lake.deliver({"frame.csv": frame(*BAD_CASES[:1] * 45), "calls.csv": calls()})
    _, lines, _ = tell(*ASKED)
    assert lines[1] == "  frame: unreadable_date 45"
    assert [line.split()[1] for line in lines[4:]] == [str(number) for number in range(2, 22)]


def test_an_export_holds_every_reject_in_the_order_of_the_files_and_no_formula(
    lake: Lake, tell: Tell, tmp_path: Path
) -> None:
    formula = ("XS-3", "=HYPERLINK(1)", "昨天", "15400000001", "", "")
    lake.deliver({"frame.csv": frame(*BAD_CASES, formula), "calls.csv": calls(BAD_CALL)})
    path = tmp_path / "for the sender" / "rejects.csv"
    code, lines, _ = tell(*ASKED, "--export", str(path))
    assert (code, lines) == (0, [f"{path}: 5 rejected rows"])
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "line", "dataset", "department_name", "reason", "detail", "row_text"]
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("calls.csv", "2", "unknown_disposition"),
        ("frame.csv", "2", "unreadable_date"),
        ("frame.csv", "3", "unreadable_date"),
        ("frame.csv", "4", "missing_case_id"),
        ("frame.csv", "5", "unreadable_date"),
    ]
    assert rows[-1][3] == "'=HYPERLINK(1)"
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert "15400000001" not in path.read_text(encoding="utf-8")


def test_the_current_delivery_is_shown_else_the_last_and_an_earlier_one_by_its_id(lake: Lake, tell: Tell) -> None:
    first = deliver(lake)
    assert tell(*ASKED)[1][0].startswith(f"330109 2018Q1 delivery {first.delivery_id}:")
    lake.publish(first)
    second = deliver(lake, ONE_CASE)
    assert tell(*ASKED)[1][0].startswith(f"330109 2018Q1 delivery {first.delivery_id}:"), "what is served counts"
    assert tell(*ASKED, "--delivery", second.delivery_id)[1][0].startswith(
        f"330109 2018Q1 delivery {second.delivery_id}:"
    )
    lake.publish(second)
    assert tell(*ASKED)[1][0].startswith(f"330109 2018Q1 delivery {second.delivery_id}:")
    assert tell(*ASKED, "--delivery", first.delivery_id)[1][0].endswith("4 rows rejected")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (ASKED, "error: no delivery of 330109 2018Q1 was landed"),
        ((*ASKED, "--delivery", "0123456789abcdef"), "error: no landed delivery 0123456789abcdef of 330109 2018Q1"),
        ((*ASKED[:3], "--quarter", "2018Q2"), "error: no delivery of 330109 2018Q2 was landed"),
    ],
)
def test_a_delivery_nobody_landed_is_refused_with_the_way_to_find_one(
    lake: Lake, tell: Tell, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    if arguments != ASKED:
        deliver(lake)
    else:
        refuse(lake, "frame.csv")
    code, lines, told = tell(*arguments, "--export", str(tmp_path / "out.csv"))
    assert (code, lines) == (2, [])
    assert told.startswith(f"{said}\n")
    assert "next: callback-survey deliveries lists them" in told
    assert not (tmp_path / "out.csv").exists()


def test_a_quarter_that_is_none_ends_with_2(tell: Tell) -> None:
    assert tell("rejects", "--region", "330109", "--quarter", "2018")[0] == 2


def row_of(lines: list[str], delivery_id: str) -> list[str]:
    (found,) = [line for line in lines if delivery_id in line]
    return re.split(r"\s{2,}", found.strip())


def test_deliveries_are_listed_with_what_became_of_them(lake: Lake, tell: Tell) -> None:
    first, second = lake.publish(deliver(lake)), lake.publish(deliver(lake, ONE_CASE))
    other = lake.land(
        write_delivery(
            lake.exports, {"frame.csv": frame(ONE_CASE), "calls.csv": calls()}, region="330110", has_manifest=False
        ),
        is_manifest_optional=True,
    )
    refuse(lake, "calls[red].csv")
    code, lines, _ = tell("deliveries")
    assert code == 0
    told = f"2 tables, key {first.key_id}"
    at = [report.landed_at[:19].replace("T", " ") for report in (first, second)]
    assert row_of(lines, first.delivery_id)[2:] == [first.delivery_id, at[0], "superseded", "5", "4", told]
    assert row_of(lines, second.delivery_id)[2:] == [second.delivery_id, at[1], "current", "6", "4", told]
    assert row_of(lines, other.delivery_id)[4:] == ["landed", "1", "0", f"{told}, without manifest"]
    assert [line for line in lines if "  refused  " in line]
    assert "calls[red].csv: " in "".join(lines), "a name is shown as it is, also one like markup"
    assert {line[:6] for line in tell("deliveries", "--region", "330110")[1]} == {"region", "330110"}
    assert other.delivery_id not in "".join(tell("deliveries", "--region", "330109", "--quarter", "2018Q1")[1])


def test_files_are_told_with_what_was_made_of_each(lake: Lake, tell: Tell) -> None:
    odd = "萧山区2018年一季度\n".encode() + as_csv(
        [*FRAME_HEADER, "[bold]渠道[/x]"], [(*ONE_CASE, "a"), (*BAD_CASES[0], "b")]
    )
    odd += "合计：2\n".encode()
    files = {"frame[red].csv": (odd.decode().encode("gb18030"), 2), "calls.csv": calls(ONE_CALL)}
    report = lake.deliver(files)
    code, lines, _ = tell("deliveries", "--files")
    assert code == 0
    start = next(index for index, line in enumerate(lines) if line.endswith(f"from {report.source_folder}"))
    hashes = {file.name: file.sha256[:12] for file in report.files}
    assert sorted(lines[start + 1 :]) == [
        f"  calls.csv: calls, 1 read, 0 rejected; sha256 {hashes['calls.csv']}…; utf-8-sig, separated by commas, header on line 1",
        f"  frame[red].csv: frame, 2 read, 1 rejected; sha256 {hashes['frame[red].csv']}…; gb18030, separated by commas, header on line 2; "
        "lines below the table: 1; columns not kept: [bold]渠道[/x]",
    ]


def test_where_nothing_was_landed_the_listing_says_where_it_looked(lake: Lake, tell: Tell) -> None:
    assert tell("deliveries") == (0, [f"no deliveries under {lake.folder}"], "")


def test_an_export_to_a_place_that_cannot_be_written_is_told_with_the_place(
    lake: Lake, tell: Tell, tmp_path: Path
) -> None:
    deliver(lake)
    (tmp_path / "a-file").write_text("", encoding="utf-8")
    target = tmp_path / "a-file" / "rejects.csv"
    code, _, told = tell(*ASKED, "--export", str(target))
    assert code == 1
    assert "a-file" in told and "Traceback" not in told
