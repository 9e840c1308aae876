"""Landing: every record is accepted or rejected, the lake names files by content, and a delivery lands once and whole."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from callback_survey.deliveries import delimited
from callback_survey.errors import DeliveryRefused, UsageError
from callback_survey.landing import ledger, workbench
from callback_survey.privacy import TokenKey
from callback_survey.scope import Scope
from export_writers import FRAME_HEADER, as_xlsx
from homes import FIXTURES
from lakes import (
    ONE_CALL,
    ONE_CASE,
    QUARTER,
    REGION,
    SECRET,
    SEEDS,
    Lake,
    calls,
    frame,
    tree_of,
    write_delivery,
)

FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}
KEPT = {"region_code": REGION, "quarter": QUARTER}


def test_a_delivery_lands_as_sent_with_codes_tokens_and_places(lake: Lake) -> None:
    report = lake.deliver(FILES)
    keys = KEPT | {"delivery_id": report.delivery_id, "line": 2, "case_id": "XS-1"}
    (case,) = lake.rows("frame")
    (call,) = lake.rows("calls")
    assert re.fullmatch(f"{report.key_id}:[0-9a-f]{{64}}", case.pop("phone_token"))
    assert re.fullmatch(f"{report.key_id}:[0-9a-f]{{64}}", case["case_token"])
    assert case.pop("case_token") == call.pop("case_token")
    assert case == keys | {
        "file": "frame.csv",
        "department_name": "区档案局",
        "completed_on": "2018-03-01",
        "is_phone_valid": True,
        "service_item": "查档",
    }
    assert call == keys | {
        "file": "calls.csv",
        "department_name": None,
        "called_at": "2018-04-10 09:30:00",
        "attempt_no": None,
        "disposition": "成功",
        "disposition_code": "completed",
        "satisfaction": "满意",
        "satisfaction_code": "satisfied",
        "visits": "零上门",
        "visits_code": "zero_visits",
        "agent_id": None,
        "reason": None,
        "comment": None,
    }
    assert lake.rows("rejects") == []


def test_how_a_file_is_read_changes_nothing_in_the_lake(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger says which of its records were clean lines, read at once."""
    cases = [(f"XS-{number}", *ONE_CASE[1:]) for number in range(1_000)]
    cases[500:500] = [
        ("XS-1", "区教育局"),
        ("", *ONE_CASE[1:]),
        ("XS-A", '区"档案"局', *ONE_CASE[2:]),
        ("合计", "", "", "2"),
    ]
    files = {"frame.csv": frame(*cases), "calls.csv": calls(ONE_CALL)}
    in_bulk = lake.deliver(files)
    assert [(file.name, file.in_bulk_count > 0) for file in in_bulk.files] == [
        ("calls.csv", False),
        ("frame.csv", True),
    ]
    monkeypatch.setattr(delimited, "_OF_CLEAN_LINES", ())
    shutil.rmtree(lake.folder)
    row_by_row = lake.deliver(files)
    assert (row_by_row.delivery_id, row_by_row.lake_files) == (in_bulk.delivery_id, in_bulk.lake_files)
    assert [replace(file, in_bulk_count=0) for file in in_bulk.files] == list(row_by_row.files)


def test_how_many_threads_read_changes_nothing_in_the_lake(lake: Lake) -> None:
    """More rows than are handed to one thread at a time; one in a thousand is rejected."""
    cases = [(f"XS-{number}" if number % 1_000 else "", *ONE_CASE[1:]) for number in range(125_000)]
    delivery = write_delivery(lake.exports, {"frame.csv": frame(*cases), "calls.csv": calls(ONE_CALL)})
    found = []
    for threads in (1, 2):
        shutil.rmtree(lake.folder, ignore_errors=True)
        found.append(lake.land(delivery, threads=threads).lake_files)
    assert found[0] == found[1]


def test_rows_read_are_rows_accepted_and_rows_rejected_in_every_file(lake: Lake) -> None:
    good = [ONE_CASE, ("XS-2", *ONE_CASE[1:])]
    files = {
        "frame-1.csv": frame(*good, ("", *ONE_CASE[1:])),
        "frame-2.csv": frame(("XS-3", *ONE_CASE[1:]), ("XS-4", "区教育局")),
        "calls.csv": calls(ONE_CALL, ("XS-2", "昨天", *ONE_CALL[2:])),
    }
    report = lake.deliver(files)
    counts = {file.name: (file.read_count, file.accepted_count, file.rejected_count) for file in report.files}
    assert counts == {"frame-1.csv": (3, 2, 1), "frame-2.csv": (2, 1, 1), "calls.csv": (2, 1, 1)}
    assert [report.count(f"{kind}_count") for kind in ("read", "accepted", "rejected")] == [7, 4, 3]
    landed = [(row["file"], row["line"]) for name in ("frame", "calls", "rejects") for row in lake.rows(name)]
    assert sorted(landed) == [
        ("calls.csv", 2),
        ("calls.csv", 3),
        ("frame-1.csv", 2),
        ("frame-1.csv", 3),
        ("frame-1.csv", 4),
        ("frame-2.csv", 2),
        ("frame-2.csv", 3),
    ]


def test_a_dataset_in_several_parts_is_one_dataset(lake: Lake) -> None:
    second = gzip.compress(calls(("XS-1", "2018-04-11 10:00", *ONE_CALL[2:]))[0], mtime=0)
    report = lake.deliver(FILES | {"calls-002.csv.gz": (second, 1)})
    assert [(row["file"], row["called_at"]) for row in lake.rows("calls")] == [
        ("calls-002.csv.gz", "2018-04-11 10:00:00"),
        ("calls.csv", "2018-04-10 09:30:00"),
    ]
    assert sorted(report.lake_files) == ["answers", "calls", "frame", "rejects"]


def test_annexes_alone_land_too(lake: Lake) -> None:
    annex = "序号,部门名称,有效样本框,抽样数,满意率(%)\n1,区 档案局,12,5,100.00\n".encode()
    report = lake.deliver({"published.csv": (annex, 1)})
    (row,) = lake.rows("published")
    assert (row["department_name"], row["satisfied_pct"]) == ("区 档案局", "100.00")
    assert sorted(report.lake_files) == ["figures", "published", "rejects"]


def test_lake_files_are_named_by_the_hash_of_their_bytes(lake: Lake) -> None:
    report = lake.deliver(FILES)
    for dataset, name in report.lake_files.items():
        path = lake.folder / name
        assert path.parent == lake.folder / "raw" / dataset / f"region={REGION}" / f"quarter={QUARTER}"
        assert path.name == hashlib.sha256(path.read_bytes()).hexdigest() + ".parquet"


def test_the_same_delivery_makes_the_same_files_in_another_lake(lake: Lake, tmp_path: Path) -> None:
    rows = [(f"XS-{index}", *ONE_CASE[1:]) for index in range(5_000)]
    files = {"frame.csv": frame(*rows), "calls.csv": calls(ONE_CALL)}
    other = Lake(tmp_path / "other lake", tmp_path / "other exports")
    first, second = lake.deliver(files), other.deliver(files)
    assert (first.delivery_id, first.lake_files) == (second.delivery_id, second.lake_files)


def test_an_identical_delivery_lands_nothing_new(lake: Lake) -> None:
    first = lake.deliver(FILES)
    before = tree_of(lake.folder)
    second = lake.deliver(FILES)
    assert (first.is_new, second.is_new) == (True, False)
    assert replace(second, is_new=True) == first
    assert tree_of(lake.folder) == before


def test_a_corrected_delivery_lands_beside_the_earlier_one(lake: Lake) -> None:
    first = lake.deliver(FILES)
    before = tree_of(lake.folder)
    second = lake.deliver(FILES | {"calls.csv": calls(("XS-1", ONE_CALL[1], "成功", "不满意", "一次"))})
    assert second.delivery_id != first.delivery_id
    assert lake.rows("calls", second)[0]["satisfaction_code"] == "dissatisfied"
    assert lake.rows("calls", first)[0]["satisfaction_code"] == "satisfied"
    assert before.items() <= tree_of(lake.folder).items(), "what was landed is never touched"


def test_new_rules_or_another_key_make_the_same_bytes_another_delivery(lake: Lake, tmp_path: Path) -> None:
    files = FILES | {"calls.csv": calls(("XS-1", ONE_CALL[1], "通了", "满意", "一次"))}
    first = lake.deliver(files)
    assert [row["reason"] for row in lake.rows("rejects")] == ["unknown_disposition"]
    lake.seeds = Path(shutil.copytree(SEEDS, tmp_path / "seeds"))
    with (lake.seeds / "disposition_spellings.csv").open("a", encoding="utf-8") as file:
        file.write("通了,completed\n")
    second = lake.deliver(files)
    assert lake.rows("calls")[0]["disposition_code"] == "completed"
    lake.secret = SECRET[::-1]
    before = tree_of(lake.folder)
    with pytest.raises(UsageError, match="is not the one the lake was created with"):
        lake.deliver(files)
    assert tree_of(lake.folder) == before, "tokens of two keys are never mixed in silently"
    ledger.change_key(lake.folder, TokenKey.from_secret(lake.secret).key_id)
    third = lake.deliver(files)
    assert len({report.delivery_id for report in (first, second, third)}) == 3
    assert first.key_id == second.key_id != third.key_id


def test_a_changed_rule_for_phones_or_scrubbing_makes_the_same_bytes_another_delivery(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lake.deliver(FILES)
    monkeypatch.setattr(workbench, "is_valid_phone_sql", lambda text: f"length({text}) > 100")
    second = lake.deliver(FILES)
    assert second.delivery_id != first.delivery_id
    assert lake.rows("frame")[0]["phone_token"] is None


def test_only_what_passed_the_gate_is_current_and_a_report_reads_back_equal(lake: Lake) -> None:
    first = lake.deliver(FILES)
    assert ledger.current(lake.folder, Scope(REGION, QUARTER)) is None
    ledger.make_current(lake.folder, first, run_id="run-1")
    current = ledger.current(lake.folder, Scope(REGION, QUARTER))
    assert current == replace(first, is_new=False)
    before = tree_of(lake.folder)
    ledger.make_current(lake.folder, first, run_id="run-2")
    assert tree_of(lake.folder) == before, "a second run of the same delivery changes no byte"


def test_a_delivery_whose_lake_files_are_gone_is_landed_again(lake: Lake) -> None:
    first = lake.deliver(FILES)
    (lake.folder / first.lake_files["calls"]).unlink()
    assert ledger.find(lake.folder, Scope(REGION, QUARTER), first.delivery_id) is None
    second = lake.deliver(FILES)
    assert second.is_new
    assert second.lake_files == first.lake_files
    assert (lake.folder / first.lake_files["calls"]).is_file()


@pytest.mark.parametrize(
    ("name", "content", "rows", "fault"),
    [
        ("calls.csv", calls(ONE_CALL)[0], 2, "calls.csv: 1 records, the manifest says 2"),
        ("calls.csv", calls(ONE_CALL, ONE_CALL)[0], 1, "calls.csv: 2 records, the manifest says 1"),
        # the rest is not read: twenty million rows fit into a small file
        ("calls.csv", calls(*[ONE_CALL] * 50_000)[0], 1, "calls.csv: at least 40000 records, the manifest says 1"),
        ("calls.csv", "办件编码,回访时间,回访结果,满意度,跑动次数\n".encode(), 0, "最接近的列: 办件编码"),
        ("calls.csv", calls(ONE_CALL)[0] + b'XS-2,"open', 2, "line 3: the quote that opens here is never closed"),
        ("calls.csv", b"\x80\xff\x80\xff", 1, "the byte 0xFF is no character of GB18030"),
        ("calls.csv.gz", gzip.compress(calls(ONE_CALL)[0], mtime=0)[:-9], 1, "cut off or damaged"),
        ("calls.xlsx", b"PK", 1, "the workbook is cut off or damaged"),
        ("calls.parquet", b"PAR1", 1, "damaged"),
        ("calls.pdf", b"%PDF", 1, "this type of file is not supported; expected one of .csv"),
    ],
    ids=[
        "too few",
        "too many",
        "far too many",
        "no header",
        "open quote",
        "encoding",
        "cut off",
        "workbook",
        "parquet",
        "kind",
    ],
)
def test_a_delivery_that_cannot_be_read_whole_leaves_nothing_in_the_lake(
    lake: Lake, name: str, content: bytes, rows: int, fault: str
) -> None:
    delivery = write_delivery(lake.exports, {"frame.csv": frame(ONE_CASE), name: (content, rows)})
    with pytest.raises(DeliveryRefused) as refused:
        lake.land(delivery)
    assert len(refused.value.alert_lines) == 1
    assert fault in refused.value.alert_lines[0]
    assert name in refused.value.alert_lines[0]
    assert list(tree_of(lake.folder)) == ["ledger/key.json"]
    assert [path.name for path in lake.folder.iterdir()] == ["ledger"], "the scratch folder is gone"


def test_landing_reads_exports_and_never_writes_there(lake: Lake) -> None:
    delivery = write_delivery(lake.exports, FILES)
    before = tree_of(lake.exports)
    lake.land(delivery)
    assert tree_of(lake.exports) == before


def test_a_lake_may_lie_in_a_folder_with_a_quote_in_its_name(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "it's a lake", tmp_path / "it's the exports")
    lake.deliver(FILES)
    assert len(lake.rows("frame")) == 1


_KILLED = """
import importlib, os, signal, sys
from pathlib import Path
from lakes import Lake
from callback_survey.deliveries.delivery import Delivery
module = importlib.import_module("callback_survey.landing.land")
kept, calls = module._store, []
def store(*arguments):
    if len(calls) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    calls.append(arguments)
    return kept(*arguments)
module._store = store
home = Path(sys.argv[1])
Lake(home / "lake", home / "exports").land(Delivery("330109", "2018Q1", home / "exports/330109/2018Q1"))
"""


def test_a_landing_killed_halfway_and_run_again_is_as_a_clean_one(lake: Lake, tmp_path: Path) -> None:
    delivery = write_delivery(lake.exports, FILES)
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(FIXTURES)}
    )
    assert ended.returncode == -signal.SIGKILL
    assert [path.name for path in lake.folder.glob(".landing-*")], "the landing was under way"
    assert list(tree_of(lake.folder / "ledger")) == ["key.json"], "nothing is told of a delivery before it is whole"
    lake.land(delivery)
    clean = Lake(tmp_path / "clean", lake.exports)
    clean.land(delivery)
    assert set(tree_of(lake.folder)) == set(tree_of(clean.folder)), "scratch files may hold what must not stay"
    assert lake.landed[0].lake_files == clean.landed[0].lake_files


def test_a_landing_under_way_keeps_its_scratch_folder_while_others_land(lake: Lake) -> None:
    with workbench.workbench(lake.folder, "another", "1GB") as (connection, folder):
        lake.deliver(FILES)
        connection.execute("create table still_there as select 1")
        assert (folder / "spill").is_dir()
    assert not folder.exists()


def test_reading_workbooks_otherwise_leaves_deliveries_in_text_what_they_are(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = {"frame.tsv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}
    # under a name that promises text too: the content decides
    packed = {"frame.csv": (as_xlsx({"一": [FRAME_HEADER, ONE_CASE]}), 1), "calls.csv": calls(ONE_CALL)}
    before = [
        lake.deliver(files, quarter=quarter).delivery_id for files, quarter in ((text, "2018Q1"), (packed, "2018Q2"))
    ]
    monkeypatch.setattr(sys.modules["callback_survey.landing.land"], "PACKAGE_READERS", 99)
    after = [
        lake.deliver(files, quarter=quarter).delivery_id for files, quarter in ((text, "2018Q1"), (packed, "2018Q2"))
    ]
    assert after[0] == before[0] and after[1] != before[1]
