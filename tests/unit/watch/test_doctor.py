"""The doctor: each thing that a machine may lack is named with the next step, and a look that breaks does not end the others."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from callback_survey.landing import ledger
from callback_survey.settings import Settings, load_settings
from callback_survey.storage import locks
from callback_survey.watch import doctor
from callback_survey.wording.catalogue import Words
from homes import REPOSITORY, Home
from lakes import tree_of

KEY = "k" * 32


def settings_of(home: Path, **variables: str) -> Settings:
    registers = str(REPOSITORY / "sample_exports" / "registers")
    given = {
        "HOME": str(home),
        "EXPORTS": str(REPOSITORY / "sample_exports"),
        "REGISTERS": registers,
        "PRIVACY_KEY": KEY,
    }
    given |= {"DOCUMENTS": "html"} | variables
    return load_settings({f"CALLBACK_SURVEY_{name}": value for name, value in given.items()})


def found(settings: Settings) -> dict[str, doctor.Finding]:
    return {finding.subject: finding for finding in doctor.examine(settings, Words("en"))}


def test_a_machine_that_lacks_nothing_is_told_so_and_left_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    looked = found(settings_of(home, ALERT_URLS="json://127.0.0.1:9", DOCUMENTS="pdf"))
    assert {finding.state for finding in looked.values()} == {"ok"}, looked
    assert [finding.next_step for finding in looked.values() if finding.next_step] == []
    assert tree_of(tmp_path) == {}


@pytest.mark.parametrize(
    ("variables", "subject", "state", "said", "next_step"),
    [
        ({"PRIVACY_KEY": ""}, "privacy key", "fail", "no privacy key is set", "openssl rand"),
        ({"EXPORTS": "/nowhere"}, "settings", "fail", "/nowhere", "CALLBACK_SURVEY_EXPORTS"),
        ({"WATCH_FREE_DISK": "9999TB"}, "disk", "fail", "9999TB", "free"),
        ({}, "channels", "warn", "nobody is told of a failure", "CALLBACK_SURVEY_ALERT_URLS"),
        ({"ALERT_URLS": "nothing://x"}, "channels", "fail", "nothing:// (not understood)", "docs/settings.md"),
        (
            {"POSTGRES_URL": "postgresql://u:hidden@127.0.0.1:9/marts"},
            "PostgreSQL",
            "fail",
            "postgresql://u@127.0.0.1:9/marts",
            "restore the connection",
        ),
        (
            {"ENGINE": "spark", "SPARK_REMOTE": "sc://127.0.0.1:9/;token=hidden"},
            "Spark",
            "fail",
            "no Spark answers: Connection refused; 127.0.0.1:9",
            "start the cluster",
        ),
    ],
)
def test_what_is_missing_is_named_with_the_next_step(
    tmp_path: Path, variables: dict[str, str], subject: str, state: str, said: str, next_step: str
) -> None:
    finding = found(settings_of(tmp_path, **variables))[subject]
    assert (finding.state, said in finding.found, next_step in finding.next_step) == (state, True, True), finding
    assert "hidden" not in str(finding)


def test_another_key_than_the_lake_s_is_found_before_a_run_finds_it(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    ledger.change_key(settings.lake, "of-another")
    assert found(settings)["privacy key"].state == "fail"


def test_a_home_that_cannot_be_made_or_whose_locks_do_not_hold_is_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("no folder", encoding="utf-8")
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert found(settings_of(tmp_path / "home"))["home"].state == "fail"
    # as on a shared folder that takes every lock and keeps none
    monkeypatch.setattr(locks, "is_held", lambda path: False)
    lockless = found(settings_of(tmp_path))["home"]
    assert lockless.state == "fail" and "NFS 4 with locking" in lockless.next_step


def test_packages_beside_ours_that_it_was_not_tested_with_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version_of = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.9" if name == "duckdb" else version_of(name))
    finding = found(settings_of(tmp_path))["versions"]
    assert finding.state == "fail" and "duckdb 0.9" in finding.found and "requirements.lock" in finding.next_step


def test_the_command_says_each_and_its_exit_code_whether_something_is_missing(small: Home, tmp_path: Path) -> None:
    home = small.copy(tmp_path / "home")
    well = home.run_here("doctor")
    assert well.code == 0, well.out + well.err
    assert "! channels" in well.out and "next: set CALLBACK_SURVEY_ALERT_URLS" in well.out
    assert well.out.splitlines()[-1] == "nothing that a run needs is missing; look at what ! stands before"
    told = home.with_settings(ALERT_URLS="json://127.0.0.1:9/").run_here("doctor")
    assert "! " not in told.out and told.out.splitlines()[-1] == "nothing is missing", told.out
    ill = home.with_settings(PRIVACY_KEY="").run_here("doctor", "--language", "zh")
    assert ill.code == 4
    assert "✘ 隐私密钥" in ill.out and ill.out.splitlines()[-1] == "有缺少的，见上面各项的下一步"
