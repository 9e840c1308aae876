"""`alerts test`: each channel gets one test, by the word its robot asks for, and what it answered is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.alerts import channels
from callback_survey.cli import main
from callback_survey.setting_values import PREFIX
from receivers import Receiver


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "home"))
    # a test has no seconds to wait between two tries
    monkeypatch.setattr(channels, "BACK_OFF_SECONDS", ())


def test_each_channel_is_sent_one_test_and_told_what_it_hears_of(
    receiver: Receiver,
    refused_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(f"{PREFIX}ALERT_URLS", receiver.url)
    monkeypatch.setenv(f"{PREFIX}ALERT_URLS_FAIL", receiver.url)
    monkeypatch.setenv(f"{PREFIX}APPROVER_URLS", refused_url)
    assert main.main(["alerts", "test"]) == 4
    _, ours, refused = capsys.readouterr().out.splitlines()
    assert ours.split() == ["✔", receiver.url.removesuffix("/hook"), "failures,", "warnings", "sent"]
    assert refused.split()[0] == "✘" and " ".join(refused.split()).endswith("notices to sign connection failed")
    (message,) = receiver.messages
    assert message["title"] == "【失败】测试消息，没有发生任何问题"
    # nothing waits to be sent again, and no problem is open
    assert not (tmp_path / "home").exists()


def test_where_everything_arrives_the_exit_code_is_0_in_the_language_that_is_asked_for(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"{PREFIX}ALERT_URLS_RELEASED", receiver.url)
    assert main.main(["alerts", "test", "--language", "zh"]) == 0
    assert "已发布  已送达" in capsys.readouterr().out
    assert receiver.messages[0]["title"].startswith("【已发布】测试消息")


def test_an_incident_is_opened_only_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # nothing is sent there: with a severity that opens no incident, not even on request
    monkeypatch.setenv(f"{PREFIX}ALERT_URLS", "pagerduty://key@api/callback-survey/pipeline")
    assert main.main(["alerts", "test"]) == 0
    assert "left out: it would open an incident" in capsys.readouterr().out
    monkeypatch.delenv(f"{PREFIX}ALERT_URLS")
    monkeypatch.setenv(f"{PREFIX}APPROVER_URLS", "pagerduty://key@api/callback-survey/pipeline")
    assert main.main(["alerts", "test", "--incidents"]) == 0
    assert "left out" in capsys.readouterr().out


def test_without_a_channel_nobody_would_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["alerts", "test"]) == 2
    assert "no channel is set" in capsys.readouterr().err
