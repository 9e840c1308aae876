"""A corrected delivery supersedes the earlier one whole and opens a revision; what was released before stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

from deliveries import rows_of, with_office, write_delivery
from homes import QUARTER, REGION, Home, Served, contents

AFTER = {"satisfaction": "83.33", "realisation": "72.50"}


def test_a_dry_run_says_what_a_correction_would_supersede_and_writes_nothing(
    small: Home, corrected_exports: Path
) -> None:
    before = contents(small.path)
    ledger = small.path / "lake" / "ledger" / f"region={REGION}" / f"quarter={QUARTER}"
    current = json.loads((ledger / "current.json").read_text(encoding="utf-8"))["delivery_id"]
    outcome = small.run_quarter_here("--exports", str(corrected_exports), "--dry-run")
    assert outcome.code == 0
    assert f"would supersede {current}, landed 20" in outcome.out
    assert "calls.csv: 17 rows" in outcome.out and "frame.csv: 30 rows" in outcome.out
    assert contents(small.path) == before


def test_a_correction_is_served_as_the_second_revision_with_its_reason(corrected: Served) -> None:
    assert corrected.outcome.code == 0, corrected.outcome.err
    assert corrected.home.averages() == AFTER
    assert corrected.home.query("select revision, is_served, reason from releases order by revision") == [
        (1, False, "first release"),
        (2, True, "a corrected delivery"),
    ]


def test_a_department_may_call_everyone_in_its_valid_frame(corrected: Served) -> None:
    """The border of the gate: as many called cases as frame rows are not too many."""
    assert corrected.home.query(
        "select distinct valid_frame_count, sample_count from department_rates where department_name = '区民政局'"
    ) == [(8, 8)]


def test_the_first_revision_is_kept_unchanged(small: Home, corrected: Served) -> None:
    before = contents(small.revisions / "r1")
    assert before
    assert contents(corrected.home.revisions / "r1") == before
    assert sorted(path.name for path in corrected.home.revisions.iterdir()) == ["r1", "r2"]


def test_no_row_of_the_superseded_delivery_is_counted(corrected: Served) -> None:
    sampled = corrected.home.query("select sum(sample_count)::int from department_rates where measure = 'satisfaction'")
    assert sampled == [(17,)]
    checked = corrected.home.query(
        "select count(*) from check_results where check_id = 'sample_within_frame' and is_served"
    )
    assert checked == [(1,)]


def test_the_superseded_delivery_stays_readable_in_the_lake(small: Home, corrected: Served) -> None:
    kept, before = contents(corrected.home.path / "lake" / "raw"), contents(small.path / "lake" / "raw")
    assert before.items() < kept.items()


def test_a_correction_that_a_gate_stops_leaves_the_correct_one_served(corrected: Served, tmp_path: Path) -> None:
    write_delivery(tmp_path / "exports" / REGION / QUARTER, rows_of(with_office("区教育局", called=30)))
    home = corrected.home.copy(tmp_path / "home", exports=tmp_path / "exports")
    outcome = home.run_quarter_here()
    assert outcome.code == 3 and "区教育局: 抽样 30 > 样本框 10" in outcome.err
    assert contents(home.serving) == contents(corrected.home.serving)
