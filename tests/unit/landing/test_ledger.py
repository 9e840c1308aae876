"""The ledger tells what became of every delivery, also of one that was refused, and quotes none of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DeliveryRefused, GateFailed
from callback_survey.landing import LandingReport, ledger
from callback_survey.pipeline import steps
from callback_survey.quarter import Quarter
from callback_survey.run import Run
from callback_survey.settings import Settings
from lakes import (
    ONE_CALL,
    ONE_CASE,
    REGION,
    REPOSITORY,
    SAMPLE_REGISTERS,
    SECRET,
    Lake,
    calls,
    frame,
    tree_of,
    write_delivery,
)

FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}
PHONE, NAME = "15400000077", "样例某某某"


@pytest.fixture
def run(lake: Lake) -> Run:
    """A run over the same lake, with the same key."""
    settings = Settings(
        lake.folder.parent,
        lake.exports,
        REPOSITORY / "dbt_project",
        "1GB",
        (),
        SECRET.decode(),
        None,
        registers=SAMPLE_REGISTERS,
    )
    assert settings.lake == lake.folder
    return Run(settings, "run-2")


def deliver_at(lake: Lake, moment: str, satisfaction: str, quarter: str = "2018Q1") -> LandingReport:
    """A delivery of its own, with the time it landed set: tests are faster than the ledger's clock."""
    call = (*ONE_CALL[:3], satisfaction, ONE_CALL[4])
    report = replace(lake.deliver(FILES | {"calls.csv": calls(call)}, quarter=quarter), landed_at=moment)
    ledger.record(lake.folder, report)
    return report


def test_every_state_a_delivery_can_be_in_is_told_in_the_order_of_time(lake: Lake, run: Run) -> None:
    first = lake.publish(deliver_at(lake, "2018-04-11T06:00:00+00:00", "满意"))
    failed = deliver_at(lake, "2018-04-12T06:00:00+00:00", "不满意")
    ledger.record_verdict(lake.folder, failed, failed_checks=["reject_share"], run_id="run-1")
    waiting = deliver_at(lake, "2018-04-13T06:00:00+00:00", "基本满意")
    second = lake.publish(deliver_at(lake, "2018-04-14T06:00:00+00:00", "比较满意"))
    with pytest.raises(DeliveryRefused):
        steps.land(run, write_delivery(lake.exports, {"frame.csv": (b"x", 1)}))
    other = lake.publish(deliver_at(lake, "2018-01-01T06:00:00+00:00", "满意", quarter="2018Q2"))
    *found, refused = ledger.entries(lake.folder, REGION, "2018Q1")
    assert [(entry.state, entry.report and entry.report.delivery_id) for entry in found] == [
        ("superseded", first.delivery_id),
        ("gate failed", failed.delivery_id),
        ("landed", waiting.delivery_id),
        ("current", second.delivery_id),
    ]
    assert (refused.state, refused.report, refused.region_code, refused.quarter) == ("refused", None, REGION, "2018Q1")
    assert len(ledger.entries(lake.folder)) == 6
    assert [entry.report for entry in ledger.entries(lake.folder, quarter="2018Q2")] == [other]
    assert ledger.entries(lake.folder, "330110") == ledger.entries(lake.folder / "no lake") == []


def test_a_delivery_that_is_sent_again_as_it_was_is_current_again(lake: Lake) -> None:
    first, second = (
        lake.publish(deliver_at(lake, f"2018-04-1{day}T06:00:00+00:00", word))
        for day, word in enumerate(("满意", "不满意"))
    )
    lake.publish(lake.deliver(FILES))
    states = {entry.report.delivery_id: entry.state for entry in ledger.entries(lake.folder) if entry.report}
    assert states == {first.delivery_id: "current", second.delivery_id: "superseded"}


def test_gate_1_writes_its_verdict_into_the_ledger(lake: Lake, run: Run) -> None:
    """Through the pipeline: a sound delivery, then one that calls someone who is in no frame."""
    good = steps.land(run, write_delivery(lake.exports, FILES))
    assert steps.discover(run, Quarter.parse("2018Q1"))
    stranger = ("XS-9", *ONE_CALL[1:])
    with pytest.raises(GateFailed, match="one that was current before stays so"):
        steps.land(run, write_delivery(lake.exports, FILES | {"calls.csv": calls(ONE_CALL, stranger)}))
    states = {entry.report.delivery_id: entry.state for entry in ledger.entries(lake.folder) if entry.report}
    assert sorted(states.values()) == ["current", "gate failed"]
    assert states[good.delivery_id] == "current"


REFUSED: dict[str, Mapping[str, tuple[bytes, int]]] = {
    "rows": FILES | {"frame.csv": (frame((NAME, NAME, NAME, PHONE, NAME, NAME))[0], 5)},
    "header": FILES | {"frame.csv": (f"{NAME},{PHONE},x\n{NAME},{PHONE},x\n".encode(), 1)},
    "near header": FILES
    | {"frame.csv": (f"办件编码,部门名称,办结日期,{PHONE}\nXS-1,{NAME},{NAME},{PHONE}\n".encode(), 1)},
    "quote": FILES | {"frame.csv": (frame(ONE_CASE)[0] + f'XS-2,"{NAME}{PHONE}'.encode(), 2)},
    "workbook": FILES | {"frame.csv": (f"PK{NAME}{PHONE}".encode(), 1)},
    "not whole": {"frame.csv": frame((*ONE_CASE[:3], PHONE, NAME, NAME))},
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_refusal_is_remembered_with_its_reason_and_without_a_cell(lake: Lake, run: Run, fault: str) -> None:
    delivery = write_delivery(lake.exports, REFUSED[fault])
    with pytest.raises(DeliveryRefused) as told:
        steps.land(run, delivery)
    (entry,) = ledger.entries(lake.folder)
    assert entry.state == "refused"
    assert entry.refusal is not None
    assert (entry.refusal.what, list(entry.refusal.faults)) == (told.value.what, told.value.alert_lines)
    assert entry.refusal.faults
    assert (entry.refusal.run_id, entry.refusal.source_folder) == ("run-2", str(delivery.folder))
    assert set(entry.refusal.files) == {*REFUSED[fault], "manifest.json"}
    lake_files = tree_of(lake.folder)
    assert sorted(Path(name).name.partition("-")[0] for name in lake_files) == ["key.json", "landing.lock", "refused"]
    kept = b"".join(lake_files.values()).decode() + str(told.value)
    assert PHONE not in kept
    assert NAME not in kept


def test_the_same_refusal_again_is_one_entry_and_another_fault_another(lake: Lake, run: Run) -> None:
    for rows in (2, 2, 3):
        with pytest.raises(DeliveryRefused):
            steps.land(run, write_delivery(lake.exports, FILES | {"frame.csv": (frame(ONE_CASE)[0], rows)}))
    assert [entry.state for entry in ledger.entries(lake.folder)] == ["refused", "refused"]


def test_a_name_that_no_file_can_hold_is_refused_and_remembered(lake: Lake, run: Run) -> None:
    """A name in GBK, as an old program leaves it on a disk of today."""
    delivery = write_delivery(lake.exports, FILES)
    name = os.fsdecode("通话.csv".encode("gbk"))
    (delivery.folder / name).write_bytes(b"x")
    with pytest.raises(DeliveryRefused):
        steps.land(run, delivery)
    (entry,) = ledger.entries(lake.folder)
    assert entry.refusal is not None
    assert entry.refusal.faults == (f"{name!a}: in the folder, not in the manifest",)
    assert ascii(name) in entry.refusal.files


def test_a_folder_that_went_away_is_no_crash_of_the_record(lake: Lake) -> None:
    gone = Delivery(REGION, "2018Q1", lake.exports / "gone")
    ledger.refuse(lake.folder, gone, DeliveryRefused("gone", alert_lines=["gone"]), run_id="run-1")
    (entry,) = ledger.entries(lake.folder)
    assert entry.refusal is not None
    assert entry.refusal.files == ()


def test_bytes_landed_for_another_quarter_are_found_past_an_entry_that_cannot_be_read(lake: Lake) -> None:
    damaged = deliver_at(lake, "2018-01-01T06:00:00+00:00", "比较满意", quarter="2017Q4")
    entry = ledger.folder(lake.folder, damaged.scope) / f"{damaged.delivery_id}.json"
    entry.write_bytes(entry.read_bytes()[:40])
    first = deliver_at(lake, "2018-04-11T06:00:00+00:00", "满意")
    again = deliver_at(lake, "2018-07-11T06:00:00+00:00", "满意", quarter="2018Q2")
    assert ledger.landed_elsewhere(lake.folder, again) == [
        ("calls.csv", first.name),
        ("frame.csv", first.name),
    ]
