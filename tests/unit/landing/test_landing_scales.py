"""One word is another answer on another scale: landing codes it by the scale of the delivery's region and quarter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callback_survey.landing import ledger
from callback_survey.scope import Scope
from lakes import ONE_CASE, Lake, calls, frame, write_delivery
from register_seeds import GBT_FROM_2018Q2, add, copied_seeds

WORDS = ("满意", "基本满意", "不满意", "非常满意", "非常不满意", "比较满意", "5", "4", "２", "1", "")


def delivery(day: str) -> dict[str, tuple[bytes, int]]:
    cases = [(f"XS-{number}", *ONE_CASE[1:]) for number in range(len(WORDS))]
    called = [(f"XS-{number}", f"{day} 09:30", "成功", word, "零上门") for number, word in enumerate(WORDS)]
    return {"frame.csv": frame(*cases), "calls.csv": calls(*called)}


@pytest.fixture
def switched(tmp_path: Path) -> Lake:
    """Xiaoshan is on the scale of GB/T 39735 from 2018Q2 on."""
    seeds = copied_seeds(tmp_path)
    add(seeds, "definition_periods", ("330109", *GBT_FROM_2018Q2))
    return Lake(tmp_path / "lake", tmp_path / "exports", seeds=seeds)


def codes(lake: Lake) -> dict[str, str | None]:
    return {row["satisfaction"] or "": row["satisfaction_code"] for row in lake.rows("calls")}


OLD = {
    "满意": "satisfied",
    "基本满意": "basically_satisfied",
    "不满意": "dissatisfied",
    "比较满意": "fairly_satisfied",
    "5": "satisfied",
    "4": "fairly_satisfied",
    "２": "rather_dissatisfied",
    "1": "dissatisfied",
    "": None,
}


def test_before_the_change_words_are_of_the_older_scale(switched: Lake) -> None:
    switched.deliver(delivery("2018-04-10"), quarter="2018Q1")
    assert codes(switched) == OLD
    assert {json.loads(row["row_text"])["unknown"]["word"][:2] for row in switched.rows("rejects")} == {"非常"}


def test_from_the_change_on_the_same_words_are_other_answers(switched: Lake) -> None:
    switched.deliver(delivery("2018-07-10"), quarter="2018Q2")
    assert codes(switched) == {
        "满意": "gbt_satisfied",
        "基本满意": "gbt_basically_satisfied",
        "不满意": "gbt_dissatisfied",
        "非常满意": "gbt_very_satisfied",
        "非常不满意": "gbt_very_dissatisfied",
        "5": "gbt_very_satisfied",
        "4": "gbt_satisfied",
        "２": "gbt_dissatisfied",
        "1": "gbt_very_dissatisfied",
        "": None,
    }
    rejected = switched.rows("rejects")
    assert [row["reason"] for row in rejected] == ["unknown_answer"]
    assert rejected[0]["detail"] == (
        "满意度「比较满意」不在列表中；可用：非常满意、满意、基本满意、不满意、非常不满意、5、4、3、2、1"
    )


def test_another_region_stays_on_the_older_scale(switched: Lake) -> None:
    switched.deliver(delivery("2018-07-10"), quarter="2018Q2", region="330110")
    assert codes(switched) == OLD


def test_a_change_of_scale_makes_another_delivery_where_and_when_it_holds_and_nowhere_else(tmp_path: Path) -> None:
    seeds = copied_seeds(tmp_path)
    lake = Lake(tmp_path / "lake", tmp_path / "exports", seeds=seeds)
    places = [("330109", "2018Q1"), ("330109", "2018Q2"), ("330110", "2018Q2")]
    sent = [
        write_delivery(lake.exports, delivery("2018-07-10"), region=region, quarter=quarter)
        for region, quarter in places
    ]
    before = [lake.publish(lake.land(one)) for one in sent]
    add(seeds, "definition_periods", ("330109", *GBT_FROM_2018Q2))
    after = [lake.land(one) for one in sent]

    assert [report.is_new for report in after] == [False, True, False]
    assert after[1].delivery_id != before[1].delivery_id
    current = ledger.current(lake.folder, Scope("330109", "2018Q2"))
    assert current is not None and current.delivery_id == before[1].delivery_id, "gate 1 decides about the other one"


def test_a_new_spelling_of_a_scale_concerns_only_those_who_use_it(tmp_path: Path) -> None:
    seeds = copied_seeds(tmp_path)
    lake = Lake(tmp_path / "lake", tmp_path / "exports", seeds=seeds)
    sent = write_delivery(lake.exports, delivery("2018-04-10"))
    first = lake.land(sent)
    add(seeds, "answer_spellings", ("satisfaction_gbt_39735", "很满意", "gbt_very_satisfied", "false"))
    assert lake.land(sent).delivery_id == first.delivery_id
    add(seeds, "answer_spellings", ("satisfaction_2018", "很满意", "satisfied", "false"))
    assert lake.land(sent).delivery_id != first.delivery_id
