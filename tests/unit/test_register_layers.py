"""An instance's own rows over the shipped ones: which row holds in which quarter, and where each stands."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from callback_survey.quarter import Quarter
from callback_survey.register_layers import KINDS, Override, merged, origins, path_of
from callback_survey.registers import rows
from homes import REPOSITORY

SHIPPED = REPOSITORY / "dbt_project" / "seeds"
QUARTERS = [str(quarter) for quarter in Quarter.parse_range("2018Q1..2019Q4")]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    shipped, own = tmp_path / "seeds", tmp_path / "registers"
    shipped.mkdir()
    own.mkdir()
    write(
        shipped,
        "thresholds",
        "measure,threshold_pct,valid_from,valid_to",
        "satisfaction,85,2018Q1,",
        "visits,85,2018Q1,",
    )
    return shipped, own


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / f"{name}.csv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(seeds: Path, name: str) -> list[tuple[str, ...]]:
    with (seeds / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file)][1:]


def test_without_a_folder_of_its_own_the_shipped_registers_are_read_where_they_lie(folders: tuple[Path, Path]) -> None:
    assert merged(folders[0], None) == folders[0]


def test_an_own_row_takes_over_the_quarters_that_it_covers_and_the_rest_stays(folders: tuple[Path, Path]) -> None:
    shipped, own = folders
    write(own, "thresholds", "measure,threshold_pct,valid_from,valid_to", "satisfaction,90,2018Q3,2018Q4")
    seeds = merged(shipped, own)
    assert read(seeds, "thresholds") == [
        ("satisfaction", "85", "2018Q1", "2018Q2"),
        ("satisfaction", "85", "2019Q1", ""),
        ("satisfaction", "90", "2018Q3", "2018Q4"),
        ("visits", "85", "2018Q1", ""),
    ]
    assert [row.place for row in rows.read(seeds, "thresholds")] == [
        "seeds/thresholds.csv line 2",
        "seeds/thresholds.csv line 2",
        "registers/thresholds.csv line 2",
        "seeds/thresholds.csv line 3",
    ]
    found = origins(seeds)
    assert found is not None and list(found.overrides) == [Override("thresholds", 2, 2)]
    assert path_of(seeds, "thresholds") == own / "thresholds.csv"


def test_an_own_row_of_a_new_key_is_added_and_what_nobody_changed_is_the_shipped_file(
    folders: tuple[Path, Path],
) -> None:
    shipped, own = folders
    write(shipped, "scales", "scale,scale_name,scale_source", "visits,零上门,通报")
    write(own, "thresholds", "measure,threshold_pct,valid_from,valid_to", "speed,70,,")
    seeds = merged(shipped, own)
    assert read(seeds, "thresholds")[-1] == ("speed", "70", "", "")
    assert (seeds / "scales.csv").read_bytes() == (shipped / "scales.csv").read_bytes()
    assert path_of(seeds, "scales") == shipped / "scales.csv"


def test_a_set_of_rows_is_replaced_whole(folders: tuple[Path, Path]) -> None:
    shipped, own = folders
    header = "measure,measure_definition,answer_code"
    write(shipped, "measure_successes", header, "satisfaction,top_box,a", "satisfaction,top_box,b", "visits,one,c")
    write(own, "measure_successes", header, "satisfaction,top_box,a", "satisfaction,top_box,z")
    assert [row[2] for row in read(merged(shipped, own), "measure_successes")] == ["a", "z", "c"]


def test_an_own_file_may_leave_out_columns_which_are_then_as_shipped(folders: tuple[Path, Path]) -> None:
    """So an upgrade that brings a column asks for no change of an instance's files."""
    shipped, own = folders
    write(shipped, "check_rules", "check_id,severity,limit_value,title", "a,fail,1,甲", "b,warn,2,乙")
    write(own, "check_rules", "check_id,limit_value", "b,5")
    seeds = merged(shipped, own)
    assert read(seeds, "check_rules") == [("a", "fail", "1", "甲"), ("b", "warn", "5", "乙")]


def test_a_register_that_changes_is_read_anew_and_one_that_does_not_is_not_merged_again(
    folders: tuple[Path, Path],
) -> None:
    shipped, own = folders
    before = merged(shipped, own)
    assert merged(shipped, own) == before
    write(own, "thresholds", "measure,threshold_pct,valid_from,valid_to", "speed,70,,")
    assert read(merged(shipped, own), "thresholds")[-1] == ("speed", "70", "", "")


def test_processes_share_what_is_merged_and_make_again_what_was_cleared(folders: tuple[Path, Path]) -> None:
    """A process of Airflow's ends without clearing up: a folder for each of them would fill the disk."""
    shipped, own = folders
    write(shipped, "scales", "scale,scale_name,scale_source", "visits,零上门,通报")
    write(own, "thresholds", "measure,threshold_pct,valid_from,valid_to", "speed,70,,")
    script = (
        "import os, sys; from pathlib import Path; from callback_survey.register_layers import merged; "
        "print(merged(Path(sys.argv[1]), Path(sys.argv[2])), flush=True); os._exit(0)"
    )
    seeds = merged(shipped, own)
    told = subprocess.run(
        [sys.executable, "-c", script, str(shipped), str(own)], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(seeds)
    (seeds / "scales.csv").unlink()
    assert merged(shipped, own) == seeds and read(seeds, "scales") and read(seeds, "thresholds")[-1][0] == "speed"
    shutil.rmtree(seeds)
    assert read(merged(shipped, own), "thresholds")[-1][0] == "speed"


def test_a_folder_that_somebody_else_may_write_to_is_not_used(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, own = folders
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    planted = tmp_path / f"callback-survey-registers-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    assert not merged(shipped, own).is_relative_to(planted)


def test_what_was_merged_of_registers_long_changed_is_removed(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, own = folders
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = merged(shipped, own)
    os.utime(before, (0, 0))
    write(own, "thresholds", "measure,threshold_pct,valid_from,valid_to", "speed,70,,")
    after = merged(shipped, own)
    assert list(before.parent.iterdir()) == [after]


def test_a_copy_of_merged_registers_tells_its_own_lines(folders: tuple[Path, Path], tmp_path: Path) -> None:
    shipped, own = folders
    write(own, "thresholds", "measure,threshold_pct,valid_from,valid_to", "speed,70,,")
    copied = tmp_path / "copied"
    copied.mkdir()
    for path in merged(shipped, own).iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    assert rows.read(copied, "thresholds")[-1].place == "thresholds.csv line 4"


PERIODS = st.tuples(st.sampled_from(["", *QUARTERS]), st.sampled_from(["", *QUARTERS])).filter(
    lambda period: not (period[0] and period[1]) or period[0] <= period[1]
)


@settings(max_examples=60, deadline=None)
@given(shipped_periods=st.lists(PERIODS, max_size=3), own_periods=st.lists(PERIODS, min_size=1, max_size=3))
def test_in_every_quarter_the_own_rows_hold_and_where_there_is_none_the_shipped_ones(
    tmp_path_factory: pytest.TempPathFactory,
    shipped_periods: list[tuple[str, str]],
    own_periods: list[tuple[str, str]],
) -> None:
    folder = tmp_path_factory.mktemp("layers")
    written = {"seeds": shipped_periods, "registers": own_periods}
    for name, periods in written.items():
        (folder / name).mkdir()
        lines = [f"m,{name}{number},{first},{last}" for number, (first, last) in enumerate(periods)]
        write(folder / name, "thresholds", "measure,threshold_pct,valid_from,valid_to", *lines)
    found = rows.read(merged(folder / "seeds", folder / "registers"), "thresholds")

    def holding(name: str, quarter: str) -> list[str]:
        periods = enumerate(written[name])
        return [f"{name}{n}" for n, (first, last) in periods if (first or "0") <= quarter <= (last or "9")]

    for quarter in QUARTERS:
        wanted = holding("registers", quarter) or holding("seeds", quarter)
        assert sorted(row["threshold_pct"] for row in found if row.period.holds_in(quarter)) == sorted(wanted)


def test_every_shipped_register_has_its_key_and_the_key_is_the_one_dbt_holds_it_to() -> None:
    """The columns that dbt tests as unique are the key of a row; a set, and the period, add columns to it."""
    assert sorted(KINDS) == sorted(path.stem for path in SHIPPED.glob("*.csv"))
    described = {
        seed["name"]: seed
        for path in SHIPPED.glob("*.yml")
        for seed in yaml.safe_load(path.read_text("utf-8"))["seeds"]
    }
    for name, kind in KINDS.items():
        columns = set(described[name]["config"]["column_types"])
        assert set(kind.key) <= columns and kind.has_periods == (
            "valid_from" in columns and name not in ("department_successions", "assessment_rules")
        ), name
        for unique in unique_keys(described[name]):
            if not any(column.endswith("_order") for column in unique):
                assert set(kind.key) <= set(unique) and (
                    kind.is_set or set(unique) - set(kind.key) <= {"valid_from"}
                ), name


def unique_keys(seed: dict) -> list[list[str]]:
    together = [
        test["unique_key"]["arguments"]["columns"] for test in seed.get("data_tests", []) if "unique_key" in test
    ]
    single = [[column["name"]] for column in seed["columns"] if "unique" in column.get("data_tests", [])]
    return together + single
