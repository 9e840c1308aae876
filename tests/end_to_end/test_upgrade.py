"""Homes that earlier versions of this package left: this one reads, serves, looks over and goes on with them, and loses nothing.

`fixtures/earlier_homes.tar.xz` holds three, each made by the code of its day: the small delivery of the other tests, landed, released,
served, its notice issued. Their warehouse and logs are left out, as they can be made again. None holds a real case.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from callback_survey.releases import inventory
from callback_survey.scope import Scope
from homes import FIXTURES, QUARTER, REGION, Home, contents
from thorough import some

ARCHIVE = FIXTURES / "earlier_homes.tar.xz"
# the last commit of each: ec3b59d, 4c8d100, 72e5044
VERSIONS = ("2026-11-23", "2026-11-29-noon", "2026-11-29-night")
KEY = "a key for tests only, of 32 characters or more"
RATES = "select department_name, measure, rate_pct, sample_count, is_below_average from department_rates order by all"
# what was frozen, issued, decided or landed; what is served is assembled anew
KEPT = ("releases", "public", "lake/raw", "lake/ledger")


@pytest.fixture(scope="module", params=some(VERSIONS, every=3))
def home(request: pytest.FixtureRequest, small_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("earlier")
    with tarfile.open(ARCHIVE) as tar:
        members = [member for member in tar if member.name.split("/")[1] == request.param]
        tar.extractall(folder, members, filter="data")
    return Home(folder / request.param, small_exports, KEY)


@pytest.fixture
def copied(home: Home, tmp_path: Path) -> Home:
    return home.copy(tmp_path / "home")


def kept(home: Home) -> dict[str, str]:
    return {f"{part}/{name}": digest for part in KEPT for name, digest in contents(home.path / part).items()}


def test_it_is_whole_and_every_list_reads_it(home: Home) -> None:
    before = contents(home.path)
    outcome = home.run_here("verify")
    assert outcome.code == 0, outcome.out
    assert "current" in home.run_here("deliveries").out
    assert "issued" in home.run_here("releases", "list").out
    assert home.run_here("releases", "verify").code == 0
    assert home.run_here("status", "--quarter", QUARTER, "--json").code in (0, 4)
    assert home.run_here("checks").code == 0
    assert home.run_here("backup", "--output", str(home.path.parent / "survey.tar")).code == 0
    assert {name: digest for name, digest in contents(home.path).items() if not name.endswith(".lock")} == before


def test_it_is_served_by_this_version_with_the_same_figures(copied: Home) -> None:
    served, before = copied.query(RATES), kept(copied)
    outcome = copied.run_here("releases", "serve")
    assert outcome.code == 0, outcome.err
    assert copied.query(RATES) == served
    assert copied.query("select notice_number from releases") == [("样例〔2018〕1号",)]
    assert copied.query("select count(*) from current_departments") == copied.query("select count(*) from departments")
    assert kept(copied) == before
    assert copied.run_here("verify").code == 0


def test_a_quarter_run_again_adds_at_most_a_revision_and_changes_none(copied: Home) -> None:
    served, before = copied.query(RATES), kept(copied)
    outcome = copied.run_here("run", "--quarter", QUARTER, "--region", REGION)
    assert outcome.code == 0, outcome.err
    after = kept(copied)
    # documents may be added to a release, with their lines behind the others in its sums; nothing else
    changed = {
        name
        for name, digest in before.items()
        if after.get(name) != digest and not name.endswith(("SHA256SUMS", "current.json"))
    }
    assert changed == set()
    found = inventory.take(copied.path / "releases")
    (earlier,) = [release for release in found.every if release.revision == 1]
    assert found.standings[earlier.name].approval_status == "issued"
    assert [release.scope for release in found.served] == [Scope(REGION, QUARTER)]
    # rules that changed since may change figures, and then say so in a revision of their own
    if len(found.every) == 1:
        assert copied.query(RATES) == served
    else:
        assert found.every[-1].reason
    assert copied.run_here("verify").code == 0
