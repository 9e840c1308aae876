"""A new privacy key replaces the lake's on purpose: nothing silently, nothing half, and what cannot be redone is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from callback_survey.cli import main
from callback_survey.errors import SurveyError, UsageError
from callback_survey.landing import LandingReport, ledger, rotation
from callback_survey.landing.rotation import Rotated
from callback_survey.privacy import TokenKey
from callback_survey.scope import Scope
from callback_survey.storage import locks
from lakes import ONE_CALL, ONE_CASE, SECRET, Lake, calls, frame, tree_of, write_delivery

FILES = {"frame.csv": frame(ONE_CASE), "calls.csv": calls(ONE_CALL)}
OTHER = {"frame.csv": frame(("XS-7", *ONE_CASE[1:])), "calls.csv": calls(("XS-7", *ONE_CALL[1:]))}
NEW_SECRET = b"another key for tests only, of 32 characters"
OLD_ID, NEW_ID = (TokenKey.from_secret(secret).key_id for secret in (SECRET, NEW_SECRET))


def rotate(lake: Lake, *, is_rehearsal: bool = False) -> list[Rotated]:
    found = rotation.rotate(
        lake.folder,
        seeds=lake.seeds,
        secret=NEW_SECRET,
        memory_limit="1GB",
        run_id="rotation",
        is_rehearsal=is_rehearsal,
    )
    return list(found)


def current(lake: Lake, region: str = "330109") -> LandingReport:
    found = ledger.current(lake.folder, Scope(region, "2018Q1"))
    assert found is not None
    return found


def token_keys(lake: Lake, report: LandingReport) -> set[str]:
    tokens = [row["case_token"] for name in ("frame", "calls") for row in lake.rows(name, report)]
    tokens += [row["phone_token"] for row in lake.rows("frame", report)]
    return {token.partition(":")[0] for token in tokens}


def test_another_key_than_the_lakes_is_refused_before_anything_is_written(lake: Lake) -> None:
    lake.publish(lake.deliver(FILES))
    before = tree_of(lake.folder)
    lake.secret = NEW_SECRET
    with pytest.raises(UsageError, match=rf"key id {NEW_ID}, the lake's is {OLD_ID}") as refused:
        lake.deliver(OTHER)
    assert "callback-survey rotate-key" in str(refused.value)
    assert SECRET.decode() not in str(refused.value)
    assert tree_of(lake.folder) == before


def test_a_rehearsal_says_what_would_be_done_and_writes_nothing(lake: Lake) -> None:
    lake.publish(lake.deliver(FILES))
    before = tree_of(lake.folder)
    assert [(done.is_done, done.explanation) for done in rotate(lake, is_rehearsal=True)] == [
        (True, f"key {OLD_ID} → {NEW_ID}")
    ]
    assert tree_of(lake.folder) == before
    lake.deliver(OTHER)  # still under the earlier key


def test_every_current_delivery_is_landed_again_and_its_tokens_carry_the_new_keys_id(lake: Lake) -> None:
    superseded = lake.publish(lake.deliver(OTHER))
    first = lake.publish(lake.deliver(FILES))
    before = tree_of(lake.folder)
    assert [done.is_done for done in rotate(lake)] == [True]
    after = current(lake)
    assert (after.key_id, token_keys(lake, after)) == (NEW_ID, {NEW_ID})
    for earlier in (superseded, first):
        assert token_keys(lake, earlier) == {OLD_ID}, "the earlier deliveries stay readable as they were"
    assert after.delivery_id != first.delivery_id
    plain = [
        [{**row, "delivery_id": "", "case_token": "", "phone_token": ""} for row in lake.rows("frame", report)]
        for report in (first, after)
    ]
    assert plain[0] == plain[1]
    raw = {name: content for name, content in before.items() if name.startswith("raw/")}
    assert raw.items() <= tree_of(lake.folder).items()
    states = {entry.report.delivery_id: entry.state for entry in ledger.entries(lake.folder) if entry.report}
    assert (states[after.delivery_id], states[first.delivery_id]) == ("current", "superseded")


def test_afterwards_only_the_new_key_lands_and_the_same_files_are_nothing_new(lake: Lake) -> None:
    lake.publish(lake.deliver(FILES))
    rotate(lake)
    with pytest.raises(UsageError, match="is not the one the lake was created with"):
        lake.deliver(FILES)
    lake.secret = NEW_SECRET
    again = lake.deliver(FILES)
    assert (again.is_new, again.delivery_id) == (False, current(lake).delivery_id)


def test_a_delivery_whose_exports_are_gone_keeps_its_tokens_and_is_named(lake: Lake) -> None:
    lake.publish(lake.deliver(FILES))
    kept = lake.publish(lake.deliver(FILES, region="330110"))
    shutil.rmtree(lake.exports / "330110")
    told = {done.report.region_code: (done.is_done, done.explanation) for done in rotate(lake)}
    assert told == {
        "330109": (True, f"key {OLD_ID} → {NEW_ID}"),
        "330110": (False, f"keeps key {OLD_ID}: the exports are gone"),
    }
    assert current(lake, "330110").delivery_id == kept.delivery_id
    assert token_keys(lake, kept) == {OLD_ID}


def test_exports_that_hold_another_delivery_by_now_are_not_landed_on_the_side(lake: Lake) -> None:
    kept = lake.publish(lake.deliver(FILES))
    write_delivery(lake.exports, OTHER)
    (done,) = rotate(lake)
    assert not done.is_done
    assert done.explanation == f"keeps key {OLD_ID}: the folder holds another delivery now; the next run lands it"
    assert current(lake).delivery_id == kept.delivery_id
    assert len(ledger.entries(lake.folder)) == 1


def test_exports_that_are_not_whole_any_more_are_left_alone_with_the_reason(lake: Lake) -> None:
    lake.publish(lake.deliver(FILES))
    (lake.exports / "330109" / "2018Q1" / "calls.csv").unlink()
    (done,) = rotate(lake)
    assert not done.is_done
    assert done.explanation.startswith(f"keeps key {OLD_ID}: 330109 2018Q1: the delivery does not match its manifest")
    assert len(ledger.entries(lake.folder)) == 1


def test_a_delivery_that_came_without_a_manifest_is_landed_again_without_one(lake: Lake) -> None:
    delivery = write_delivery(lake.exports, FILES, has_manifest=False)
    lake.publish(lake.land(delivery, is_manifest_optional=True))
    assert [done.is_done for done in rotate(lake)] == [True]
    assert (current(lake).key_id, current(lake).has_manifest) == (NEW_ID, False)


@pytest.mark.parametrize("place", ["land", "record_verdict", "make_current"])
def test_a_rotation_killed_half_way_goes_on_where_it_was(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    for region in ("330109", "330110"):
        lake.publish(lake.deliver(FILES, region=region))
    module = rotation if place == "land" else ledger
    kept, calls_so_far = getattr(module, place), []

    def killed(*arguments: object, **options: object) -> object:
        calls_so_far.append(arguments)
        if len(calls_so_far) == 2:
            raise KeyboardInterrupt
        return kept(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(module, place, killed)
        with pytest.raises(KeyboardInterrupt):
            rotate(lake)
    assert [current(lake, region).key_id for region in ("330109", "330110")] == [NEW_ID, OLD_ID]
    told = {done.report.region_code: done.explanation for done in rotate(lake)}
    assert told == {"330109": "already landed with this key", "330110": f"key {OLD_ID} → {NEW_ID}"}
    for region in ("330109", "330110"):
        assert token_keys(lake, current(lake, region)) == {NEW_ID}


def test_the_command_tells_each_delivery_and_a_dry_run_that_nothing_was_written(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lake.folder = tmp_path / "home" / "lake"
    lake.publish(lake.deliver(FILES))
    monkeypatch.delenv("CALLBACK_SURVEY_PRIVACY_KEY_FILE", raising=False)
    monkeypatch.setenv("CALLBACK_SURVEY_PRIVACY_KEY", NEW_SECRET.decode())
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path / "home"))
    before = tree_of(tmp_path)
    line = f"330109 2018Q1: key {OLD_ID} → {NEW_ID}\n"
    assert main.main(["rotate-key", "--dry-run"]) == 0
    assert capsys.readouterr().out == f"{line}nothing was written\n"
    assert tree_of(tmp_path) == before
    assert main.main(["rotate-key"]) == 0
    assert capsys.readouterr().out.startswith(f"{line}the lake now uses the key that is set; 0 ")
    assert current(lake).key_id == NEW_ID


def test_a_key_is_not_replaced_while_a_delivery_lands(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the delivery would be under the earlier key, and current."""
    monkeypatch.setattr(locks, "WAIT_SECONDS", 0)
    lake.publish(lake.deliver(FILES))
    before = tree_of(lake.folder)
    with ledger.landing(lake.folder):
        with pytest.raises(SurveyError, match=r"landing\.lock is held by pid "):
            rotate(lake)
        assert rotate(lake, is_rehearsal=True), "looking takes no lock"
    assert {name: data for name, data in tree_of(lake.folder).items() if name != "landing.lock"} == before
    with ledger.rotating(lake.folder), pytest.raises(SurveyError), ledger.landing(lake.folder):
        pytest.fail("a delivery would land under the earlier key")
