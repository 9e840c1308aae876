"""The watch sees what no callback can: it says each thing once, again when it changes, and when it is over."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apprise.plugins.wecombot import NotifyWeComBot

from alert_services import Service, as_json, wecom
from callback_survey.alerts import tell
from callback_survey.cli.main import main
from callback_survey.deliveries.delivery import Delivery, content_digest
from callback_survey.errors import DeliveryRefused
from callback_survey.landing import ledger
from callback_survey.landing.ledger import LandingReport
from callback_survey.settings import Settings, load_settings
from callback_survey.storage import files
from callback_survey.watch import problems
from callback_survey.watch.look import WatchReport, runs_to_start, watch
from callback_survey.watch.problems import Waiting
from callback_survey.wording.catalogue import Words
from deliveries import OFFICES, rows_of, write_delivery
from homes import REPOSITORY
from published import make_release
from receivers import ALERT, Receiver

DUE = date(2018, 4, 20)
LATE = date(2018, 4, 21)
CHINESE = Words("zh")


@pytest.fixture
def found(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty home and empty exports; the register has region 330109 alone."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    seeds = tmp_path / "dbt_project" / "seeds"
    seeds.mkdir(parents=True)
    (seeds.parent / "dbt_project.yml").touch()
    (seeds / "regions.csv").write_text(
        "region_code,region_name,parent_region_code,region_level,is_survey_region\n"
        "330100,杭州市,,city,false\n330109,萧山区,330100,district,true\n",
        encoding="utf-8",
    )
    (seeds / "departments.csv").write_text(
        "department_code,region_code,department_name,valid_from,valid_to\n330109-001,330109,区教育局,2018Q1,\n",
        encoding="utf-8",
    )
    (tmp_path / "exports").mkdir()
    return load(tmp_path, ALERT_URLS=receiver.url)


def load(folder: Path, **variables: str) -> Settings:
    given = {
        "HOME": str(folder / "home"),
        "EXPORTS": str(folder / "exports"),
        "DBT_PROJECT": str(folder / "dbt_project"),
        "WATCH_FREE_DISK": "1KB",
        **variables,
    }
    return load_settings({f"CALLBACK_SURVEY_{name}": value for name, value in given.items()})


_runs = iter(range(1000))


def look(found: Settings, today: date | None = LATE, **how: bool) -> WatchReport:
    return watch(found, run_id=f"watch-{next(_runs)}", today=today, **how)


def names(report: WatchReport) -> list[str]:
    return [problem.name for problem in report.problems]


def deliver(found: Settings, quarter: str = "2018Q1", region: str = "330109") -> Path:
    return write_delivery(found.exports / region / quarter, rows_of(OFFICES))


def landed(found: Settings, folder: Path) -> None:
    ledger_report(found, folder, "00000000000000d1")


def ledger_report(found: Settings, folder: Path, delivery_id: str) -> LandingReport:
    region, quarter = folder.parent.name, folder.name
    report = LandingReport(
        region,
        quarter,
        delivery_id,
        str(folder),
        "2099-01-01T00:00:00",
        "r",
        "k",
        (),
        {},
        content_digest=content_digest(folder),
    )
    ledger.record(found.lake, report)
    return report


def release(
    found: Settings, quarter: str = "2018Q1", at: str = "2018-04-20T00:00:00+00:00", region: str = "330109"
) -> None:
    """A release that readers can open."""
    import duckdb

    made = make_release(found.releases, region=region, quarter=quarter, released_at=at)
    served = found.serving / "current" / "served.json"
    served.parent.mkdir(parents=True, exist_ok=True)
    before = json.loads(served.read_text()) if served.exists() else []
    served.write_text(json.dumps([*before, [made.key, made.content_hash]]))
    with duckdb.connect(str(found.serving / "marts.duckdb")) as connection:
        connection.execute("create or replace table department_rates as select 1")


# Late deliveries


def test_a_delivery_is_late_on_the_day_after_it_was_due(found: Settings) -> None:
    assert names(look(found, DUE)) == []
    report = look(found, LATE)

    [problem] = report.problems
    assert (problem.name, problem.facts["quarters"]) == ("overdue", ("2018Q1",))
    assert problem.lines(CHINESE) == ["2018Q1（2018-04-20 到期）：没有交付"]


def test_a_problem_is_told_when_it_is_new_when_it_changes_and_when_it_is_over(
    found: Settings, receiver: Receiver
) -> None:
    for today in (LATE, LATE, date(2018, 7, 21), date(2018, 7, 22)):
        look(found, today)
    release(found, "2018Q1")
    release(found, "2018Q2")
    look(found, date(2018, 7, 23))
    look(found, date(2018, 7, 24))

    assert [message["title"] for message in receiver.messages] == [
        "【提醒】巡检：330109 萧山区 到期未发布：2018Q1",
        "【提醒】巡检：330109 萧山区 到期未发布：2018Q1、2018Q2",
        "【恢复】巡检：已解决：330109 萧山区 到期未发布：2018Q1、2018Q2",
    ]


def test_only_quarters_in_which_the_register_knows_the_region_and_the_last_four_are_expected(found: Settings) -> None:
    assert [problem.facts["quarters"] for problem in look(found, date(2018, 7, 21)).problems] == [("2018Q1", "2018Q2")]
    [problem] = look(found, date(2020, 1, 1)).problems
    assert problem.facts["quarters"] == ("2018Q4", "2019Q1", "2019Q2", "2019Q3")


def test_a_late_quarter_says_how_far_it_came(found: Settings) -> None:
    folder = deliver(found)
    (folder / "manifest.json").unlink()
    assert "没有 manifest.json" in look(found).problems[0].lines(CHINESE)[0]
    ledger.refuse(found.lake, Delivery("330109", "2018Q1", folder), DeliveryRefused("torn"), run_id="r")
    assert "被拒收" in look(found).problems[0].lines(CHINESE)[0]
    landed(found, deliver(found))
    assert "已接收，没有发布" in look(found).problems[0].lines(CHINESE)[0]


# What has come and was not landed


def test_a_complete_delivery_that_was_not_landed_is_told_with_its_command(found: Settings, receiver: Receiver) -> None:
    deliver(found)
    assert names(look(found)) == ["waiting"]
    assert "→ callback-survey run --region 330109 --quarter 2018Q1" in receiver.text


def test_a_delivery_without_its_manifest_is_not_complete(found: Settings) -> None:
    (deliver(found, "2018Q2") / "manifest.json").unlink()
    assert names(look(found, DUE)) == []


def test_what_was_landed_is_known_by_its_content_also_under_a_manifest_written_anew(found: Settings) -> None:
    folder = deliver(found)
    landed(found, folder)
    assert problems.waiting_deliveries(found) == []
    manifest = json.loads((folder / "manifest.json").read_text())
    anew = {"files": manifest["files"][::-1], "sent_by": "x"}
    (folder / "manifest.json").write_text(json.dumps(anew, indent=2))
    assert problems.waiting_deliveries(found) == []
    (folder / "manifest.json").write_text(json.dumps({**manifest, "note": "a note is part of what was sent"}))
    assert [one.key for one in problems.waiting_deliveries(found)] == ["330109-2018Q1"]
    manifest["files"][0]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert [one.key for one in problems.waiting_deliveries(found)] == ["330109-2018Q1"]


def test_a_refused_delivery_waits_again_only_when_something_in_its_folder_changed(found: Settings) -> None:
    folder = deliver(found)
    ledger.refuse(found.lake, Delivery("330109", "2018Q1", folder), DeliveryRefused("torn"), run_id="r")
    assert problems.waiting_deliveries(found) == []
    os.utime(folder / "frame.csv", ns=(1, 1))
    assert len(problems.waiting_deliveries(found)) == 1


def test_a_manifest_that_cannot_be_read_still_starts_a_run_which_will_refuse_it(found: Settings) -> None:
    (deliver(found) / "manifest.json").write_text("{")
    assert len(problems.waiting_deliveries(found)) == 1


def test_folders_that_are_no_delivery_are_passed_over(found: Settings) -> None:
    for region, quarter in (("330109", "2018"), ("Xiaoshan", "2018Q1"), ("３３０１０９", "2018Q1")):
        deliver(found, quarter, region)
    assert problems.waiting_deliveries(found) == []


def test_an_earlier_delivery_that_is_put_back_waits_to_be_landed(found: Settings) -> None:
    folder = deliver(found)
    first = ledger_report(found, folder, "00000000000000d1")
    ledger.record_verdict(found.lake, first, failed_checks=[], run_id="run-1")
    ledger.make_current(found.lake, first, run_id="run-1")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    write_delivery(folder, rows_of(OFFICES[:2]))
    ledger.make_current(found.lake, ledger_report(found, folder, "00000000000000d2"), run_id="run-1")
    assert problems.waiting_deliveries(found) == []
    for path, content in before.items():
        path.write_bytes(content)
    assert [one.key for one in problems.waiting_deliveries(found)] == ["330109-2018Q1"]
    ledger.make_current(found.lake, first, run_id="run-1")
    assert problems.waiting_deliveries(found) == []


# What Airflow's watch starts


def test_airflow_starts_what_has_come_once_and_tells_when_that_led_to_nothing(
    found: Settings, receiver: Receiver
) -> None:
    deliver(found)
    first, second = look(found, starts=True), look(found, starts=True)

    assert ([one.key for one in first.to_start], names(first)) == (["330109-2018Q1"], [])
    assert (second.to_start, names(second)) == ((), ["started"])
    assert len(receiver.messages) == 1


def test_a_late_delivery_that_has_come_is_not_told_as_solved_before_it_is_released(
    found: Settings, receiver: Receiver
) -> None:
    look(found, starts=True)
    landed(found, deliver(found))
    (found.lake / "ledger").rename(found.lake / "elsewhere")
    look(found, starts=True)
    assert [message["type"] for message in receiver.messages] == ["warning"]
    release(found)
    (found.lake / "elsewhere").rename(found.lake / "ledger")
    look(found, starts=True)
    assert [message["type"] for message in receiver.messages] == ["warning", "success"]


def test_nothing_is_started_or_told_as_waiting_while_a_run_is_under_way(found: Settings) -> None:
    deliver(found)
    report = look(found, starts=True, is_running=True)

    assert (report.to_start, report.problems, report.is_run_under_way) == ((), (), True)
    assert len(look(found, starts=True).to_start) == 1


def test_a_run_that_is_running_in_look_after_look_is_told_since_it_keeps_the_watch_from_judging(
    found: Settings,
) -> None:
    release(found)
    assert names(look(found, date(2018, 4, 21), starts=True, is_running=True)) == []
    assert names(look(found, date(2018, 4, 22), starts=True, is_running=True)) == ["stuck"]
    assert names(look(found, date(2018, 4, 23), starts=True)) == []
    assert names(look(found, date(2018, 4, 24), starts=True, is_running=True)) == []


def test_one_run_per_quarter_named_by_what_was_delivered() -> None:
    waits = [Waiting("2018Q2", "330109", "a"), Waiting("2018Q1", "330109", "b"), Waiting("2018Q1", "330110", "c")]
    both, single = runs_to_start(waits)

    assert (both["conf"], single["conf"]) == ({"quarter": "2018Q1"}, {"quarter": "2018Q2", "region": "330109"})
    assert runs_to_start(waits[::-1]) == [both, single]
    corrected = runs_to_start([Waiting("2018Q2", "330109", "A"), *waits[1:]])
    assert corrected[0] == both
    assert corrected[1]["trigger_run_id"] != single["trigger_run_id"]


# What readers open


def test_old_figures_are_told_and_new_ones_are_not(found: Settings) -> None:
    release(found)
    assert names(look(found, date(2018, 7, 20))) == []
    report = look(found, date(2018, 10, 1))
    assert names(report) == ["overdue", "served_age"]
    assert "已超过 130 天" in report.problems[1].text(tell.Words("zh"))


DAMAGED = {
    "release": "releases/330109/2018Q1/r1/release.json",
    "journal": "releases/330109/2018Q1/journal/0001-approved-r1.json",
    "ledger": "lake/ledger/region=330109/quarter=2018Q1/current.json",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_cannot_be_read_is_told_and_stops_no_look(found: Settings, name: str) -> None:
    release(found)
    path = found.home / DAMAGED[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{", encoding="utf-8")
    told = [one for one in watch(found, run_id="watch-1", today=DUE).problems if one.name == "damaged"]
    assert [(one.severity, one.facts["scope"], one.facts["path"]) for one in told] == [
        ("fail", "330109 2018Q1", str(path))
    ]


def test_a_release_that_is_not_served_is_told(found: Settings) -> None:
    release(found)
    (found.serving / "current" / "served.json").write_text("[]")
    [problem] = look(found).problems
    assert (problem.name, problem.facts["names"], problem.severity) == ("unserved", "330109 2018Q1 r1", "fail")


def test_a_served_release_whose_documents_nobody_makes_is_told(found: Settings) -> None:
    """A run that was killed over them sent no alert."""
    release(found)
    [path] = found.releases.glob("*/*/r1/release.json")
    told = {**files.read_json(path), "files": {"dictionary.csv": "0" * 64}}
    files.write_json(path, told)
    [problem] = look(found).problems
    assert (problem.name, problem.facts["names"], problem.severity) == ("undocumented", "330109 2018Q1 r1", "fail")
    files.write_json(path, {**told, "released_at": "2018-04-21T07:30:00+08:00"})
    assert [one.name for one in look(found).problems] == [], "its run may be making them"


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"torn" * 1000)])
def test_a_served_file_that_cannot_be_opened_is_told(found: Settings, damage: Any) -> None:
    release(found)
    damage(found.serving / "marts.duckdb")
    assert names(look(found)) == ["broken"]


# Alerts, disk, runs, the scheduler


def test_what_did_not_arrive_is_sent_before_anything_else(
    found: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callback_survey.alerts.channels.BACK_OFF_SECONDS", ())
    release(found)
    receiver.answer = 500
    tell.speak(found, ALERT)
    down = look(found)
    receiver.answer, receiver.messages = 200, []
    up = look(found)

    assert (names(down), down.resent_count) == (["unsent"], 1)
    assert (names(up), up.resent_count, len(up.solved)) == ([], 2, 1)
    assert [message["type"] for message in receiver.messages] == ["failure", "warning", "success"]


def test_a_channel_that_refused_is_told_with_its_reason(
    found: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot = Service(wecom, refuses=as_json({"errcode": 45009, "errmsg": "api freq out of limit"}))
    monkeypatch.setattr(NotifyWeComBot, "notify_url", f"{robot.root}/cgi-bin/webhook/send?key={{key}}")
    found = load(tmp_path, ALERT_URLS="wecombot://key")
    release(found)
    tell.speak(found, ALERT)

    [problem] = look(found).problems
    robot.refuses = None
    up = look(found)
    robot.close()

    assert problem.name == "unsent"
    assert "一分钟内消息过多（45009）" in problem.facts["channels"]
    assert (names(up), up.resent_count) == ([], 2)


def test_too_little_disk_is_told(found: Settings, tmp_path: Path) -> None:
    release(found)
    [problem] = look(load(tmp_path, WATCH_FREE_DISK="1000TB")).problems
    assert (problem.name, problem.severity) == ("disk", "fail")


@pytest.fixture
def held(found: Settings) -> Iterator[Path]:
    """The warehouse, held by a run."""
    found.warehouse.mkdir(parents=True)
    path = found.warehouse / "warehouse.lock"
    path.write_text(json.dumps({"pid": 4711, "run_id": "cli-1"}))
    with path.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


def test_a_run_that_holds_the_warehouse_for_hours_is_named(found: Settings, held: Path) -> None:
    assert names(look(found, None)) == []
    long_ago = (datetime.now(UTC) - timedelta(hours=7)).timestamp()
    os.utime(held, (long_ago, long_ago))
    [problem] = look(found, None).problems
    assert (problem.name, problem.facts["run"], problem.facts["pid"]) == ("hanging", "cli-1", "4711")


def test_a_holder_that_is_gone_holds_nothing(found: Settings) -> None:
    found.warehouse.mkdir(parents=True)
    path = found.warehouse / "warehouse.lock"
    path.write_text(json.dumps({"pid": 4711, "run_id": "cli-1"}))
    os.utime(path, (1, 1))
    assert names(look(found, DUE)) == []


def test_from_outside_a_silent_scheduler_is_seen(found: Settings) -> None:
    release(found)
    look(found, LATE, starts=True)
    assert names(look(found, date(2018, 4, 30))) == [], "a look by hand is no schedule"
    look(found, LATE, starts=True, is_scheduled=True)
    assert names(look(found, LATE)) == []
    assert names(look(found, date(2018, 4, 23))) == ["silent"]
    assert names(look(found, date(2018, 4, 23), starts=True)) == [], "it is not silent: it is looking"


def test_problems_of_one_severity_are_one_message(found: Settings, receiver: Receiver, tmp_path: Path) -> None:
    deliver(found, "2018Q2")
    deliver(found, "2018Q3")
    look(load(tmp_path, ALERT_URLS=receiver.url, WATCH_FREE_DISK="1000TB"))

    first, second = sorted(message["title"] for message in receiver.messages)
    assert first.startswith("【失败】巡检：磁盘剩余 ")
    assert second.startswith("【提醒】巡检发现 3 个问题：330109 2018Q2 交付已完整")


# The command


def run(found: Settings, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    for name in ("PRIVACY_KEY", "PRIVACY_KEY_FILE", "ALERT_URLS"):
        monkeypatch.delenv(f"CALLBACK_SURVEY_{name}", raising=False)
    monkeypatch.setenv("CALLBACK_SURVEY_DBT_PROJECT", str(found.dbt_project))
    monkeypatch.setenv("CALLBACK_SURVEY_WATCH_FREE_DISK", "1KB")
    return main(["watch", "--home", str(found.home), "--exports", str(found.exports), *options])


def test_the_exit_code_says_whether_there_is_something_to_know(
    found: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(found, monkeypatch, "--today", "2018-04-20") == 0
    assert run(found, monkeypatch, "--today", "2018-04-21") == 4
    assert run(found, monkeypatch, "--today", "2018-04-21") == 4, "told before, and wrong still"
    english = capsys.readouterr().out
    assert "330109 萧山区: overdue, not released: 2018Q1" in english
    assert "    2018Q1 (due 2018-04-20): nothing was delivered" in english
    assert run(found, monkeypatch, "--today", "2018-04-21", "--language", "zh") == 4
    chinese = capsys.readouterr().out
    assert "330109 萧山区 到期未发布：2018Q1" in chinese and "2018Q1（2018-04-20 到期）：没有交付" in chinese
    release(found)
    assert run(found, monkeypatch, "--today", "2018-04-21") == 0
    assert "RECOVERED  330109 萧山区: overdue, not released: 2018Q1" in capsys.readouterr().out
    (found.releases / "330109" / "2018Q1" / "r1" / "release.json").unlink()
    assert run(found, monkeypatch, "--today", "2018-04-21") == 4
    # what was told is told in the language of the alerts, whoever looks
    assert (
        "到期未发布：2018Q1"
        in json.loads((found.watch / "state.json").read_text())["problems"]["overdue/330109"]["text"]
    )
    assert run(found, monkeypatch, "--today", "tomorrow") == 2


def test_a_watch_that_breaks_says_so_itself_and_again_when_it_works(
    found: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def look() -> int:
        monkeypatch.setenv("CALLBACK_SURVEY_ALERT_URLS", receiver.url)
        return main(["watch", "--home", str(found.home), "--exports", str(found.exports), "--today", "2018-04-20"])

    run(found, monkeypatch, "--today", "2018-04-20")
    (found.watch / "state.json").write_text("{")
    assert look() == 1
    assert "error: the watch itself failed" in capsys.readouterr().err
    (found.watch / "state.json").unlink()
    assert look() == 0
    assert [message["type"] for message in receiver.messages] == ["failure", "success"]
    assert "callback-survey watch" in receiver.messages[0]["message"]


def test_every_section_that_the_watch_names_is_in_the_runbook() -> None:
    from callback_survey.alerts import compose
    from callback_survey.watch import look as watching

    text = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")
    headings = {
        line.lstrip("# ").lower().replace(",", "").replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("## ")
    } | set(re.findall(r'<a id="([^"]+)">', text))
    named = {*watching._SECTIONS.values(), compose._OTHERWISE[1], *(section for _, _, section in compose._KINDS)}
    assert named - headings == set()
