"""`callback-survey verify` looks over a whole home: it names each fault with its next step, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from callback_survey.wording.translation import in_chinese
from english_left import english_runs
from homes import QUARTER, REGION, Home, contents

SCOPE = f"{REGION}/{QUARTER}"


def first(home: Path, pattern: str) -> Path:
    return sorted(home.glob(pattern))[0]


def bit(path: Path) -> None:
    """One bit of a file falls over."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def cut(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(path.read_bytes()[:10] if path.is_file() else b"{")


DAMAGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "an entry of the ledger": (
        lambda home: cut(first(home, "lake/ledger/region=*/quarter=*/current.json")),
        "ledger",
        "restore it",
    ),
    "a file of the lake": (lambda home: bit(first(home, "lake/raw/calls/*/*/*.parquet")), "lake", "landed again"),
    "a lost file of the lake": (
        lambda home: first(home, "lake/raw/frame/*/*/*.parquet").unlink(),
        "lake",
        "landed again",
    ),
    "scratch of a killed landing": (lambda home: (home / "lake/.landing-x").mkdir(), "lake", "removes them"),
    "check results": (
        lambda home: cut(first(home, f"checks/*/*-{REGION}-{QUARTER}.json")),
        "checks",
        "move the file away",
    ),
    "an accepted failure": (
        lambda home: cut(home / f"overrides/{SCOPE}/0001-accepted-x.json"),
        "overrides",
        "accept the check again",
    ),
    "a mart": (
        lambda home: bit(home / f"releases/{SCOPE}/r1/marts/department_rates.parquet"),
        "releases",
        "from a backup",
    ),
    "release.json": (lambda home: cut(home / f"releases/{SCOPE}/r1/release.json"), "releases", "from a backup"),
    "a decision": (
        lambda home: cut(home / f"releases/{SCOPE}/journal/0001-approved-r1.json"),
        "journal",
        "decided again",
    ),
    "a served file": (
        lambda home: bit((home / "serving/current/marts.duckdb").resolve()),
        "serving",
        "assembled again",
    ),
    "what is served is gone": (
        lambda home: (home / "serving/current").unlink(),
        "serving",
        "assembled from the releases",
    ),
    "an issue": (lambda home: cut(home / f"public/{SCOPE}/r1/issue.json"), "public", "from a backup"),
    "what says that a notice was replaced": (
        lambda home: cut(home / f"public/{SCOPE}/r1/replaced.json"),
        "public",
        "from a backup",
    ),
    "the link to the issued notice": (lambda home: cut(home / f"public/{SCOPE}/current"), "public", "ln -sfn"),
    "the record of an alert": (lambda home: cut(home / "alerts/run-1/x.json"), "alerts", "move the file away"),
    "the watch's memory": (lambda home: cut(home / "watch/state.json"), "watch", "tells everything again"),
}


def test_a_whole_home_is_whole_and_an_empty_one_too(small: Home, tmp_path: Path) -> None:
    outcome = small.run_here("verify")
    assert outcome.code == 0 and outcome.out.endswith("the home is whole\n"), outcome.out
    assert Home(tmp_path / "empty", small.exports, small.key).run_here("verify").code == 0
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("name", DAMAGES)
def test_each_fault_is_named_with_its_next_step_and_nothing_is_changed(small: Home, tmp_path: Path, name: str) -> None:
    damage, part, next_step = DAMAGES[name]
    home = small.copy(tmp_path / "home")
    damage(home.path)
    before = contents(home.path)
    outcome = home.run_here("verify")
    assert outcome.code == 4, outcome.out
    assert contents(home.path) == before
    lines = outcome.out.splitlines()
    (told,) = [line for line in lines if line.endswith("faults") and ": " in line and not line.endswith(" 0 faults")]
    assert told.startswith(f"{part}: ")
    assert str(home.path) in lines[lines.index(told) + 1]
    assert next_step in lines[lines.index(told) + 3]
    for line in lines[lines.index(told) + 2 : lines.index(told) + 4]:
        kept = in_chinese(line)
        assert not english_runs(kept.partition("callback-survey")[0].partition("ln -sfn")[0], at_least=3), kept
