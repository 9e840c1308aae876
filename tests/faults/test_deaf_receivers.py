"""A delivery fails while the receiver of alerts is down, slow, answers 500, or refuses inside an answer of 200.

The run ends as it would, and says so later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from apprise.plugins.wecombot import NotifyWeComBot

from alert_services import Service, as_json, wecom
from callback_survey.alerts import channels, tell
from callback_survey.settings import load_settings
from deliveries import rows_of, with_office, write_delivery
from homes import QUARTER, REGION, Home, Outcome, contents
from receivers import Receiver, free_port

TROUBLES = ("down", "slow", "answers 500", "refuses in its answer")
NO = as_json({"errcode": 93000, "errmsg": "invalid webhook url"})


@dataclass(frozen=True)
class Unheard:
    trouble: str
    home: Home
    outcome: Outcome
    records: list[dict[str, Any]]


@pytest.fixture(scope="module", params=TROUBLES)
def unheard(request: pytest.FixtureRequest, small: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unheard]:
    """A delivery with more called cases than frame rows, which gate 1 stops; real times are shortened, nothing else."""
    folder = tmp_path_factory.mktemp("unheard")
    receiver, robot = Receiver(), Service(wecom, refuses=NO)
    url = f"json://127.0.0.1:{free_port()}/hook" if request.param == "down" else receiver.url
    url = "wecombot://key" if request.param == "refuses in its answer" else url
    receiver.answer = 500 if request.param == "answers 500" else 200
    receiver.delay_seconds = 2.0 if request.param == "slow" else 0.0
    write_delivery(folder / "exports" / REGION / QUARTER, rows_of(with_office("区民政局", called=11)))
    home = small.copy(folder / "home", exports=folder / "exports").with_settings(ALERT_URLS=url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channels, "BACK_OFF_SECONDS", (0.01, 0.01))
        patch.setattr(channels, "READ_TIMEOUT_SECONDS", 0.5)
        patch.setattr(channels, "ATTEMPT_SECONDS", 1.0)
        patch.setattr(NotifyWeComBot, "notify_url", f"{robot.root}/cgi-bin/webhook/send?key={{key}}")
        outcome = home.run_quarter_here()
    yield Unheard(request.param, home, outcome, records_of(home))
    receiver.close()
    robot.close()


def records_of(home: Home) -> list[dict[str, Any]]:
    paths = sorted((home.path / "alerts").glob("cli-*/*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def test_the_run_ends_with_the_code_of_its_failure_and_not_of_the_alert(unheard: Unheard, small: Home) -> None:
    assert unheard.outcome.code == 3, unheard.outcome.err
    assert "区民政局: 抽样 11 > 样本框 8" in unheard.outcome.err
    assert contents(unheard.home.serving) == contents(small.serving)


def test_the_record_says_that_nobody_took_the_message(unheard: Unheard) -> None:
    [record] = [record for record in unheard.records if record["severity"] == "fail"]
    assert record["state"] == "unsent"
    [channel] = record["channels"]
    assert not channel["is_sent"] and channel["detail"]
    # after a time-out it may have arrived, and a wrong key stays wrong: saying it again is left to the watch
    assert channel["attempts"] == (1 if unheard.trouble in ("slow", "refuses in its answer") else 3)
    if unheard.trouble == "refuses in its answer":
        assert channel["detail"] == "令牌无效，或机器人已停用（93000）"


def test_the_log_of_the_run_says_so_too(unheard: Unheard) -> None:
    [log] = (unheard.home.path / "logs" / "runs").glob(f"{unheard.records[0]['run_id']}.log")
    assert "alert unsent" in log.read_text(encoding="utf-8")


def test_it_is_sent_once_the_receiver_hears_again(unheard: Unheard) -> None:
    hearing = Receiver()
    tell.resend(load_settings(unheard.home.with_settings(ALERT_URLS=hearing.url).environment))
    hearing.close()
    [message] = [message for message in hearing.messages if message["type"] == "failure"]
    assert "区民政局: 抽样 11 > 样本框 8" in message["message"]
    assert {record["state"] for record in records_of(unheard.home) if record["severity"] == "fail"} == {"sent"}
