"""Whoever asks for Chinese reads no English sentence, whatever the command shows of a home that has been lived in."""

from __future__ import annotations

import re

import pytest

from deliveries import Office, rows_of, seal, write_delivery
from english_left import english_runs
from homes import QUARTER, REGION, Home

SCOPE = ("--region", REGION, "--quarter", QUARTER)
# the name of a check, of a table or of a column
_CODE = re.compile("[a-z0-9]+(?:_[a-z0-9]+)+")
DECIDED = (*SCOPE, "--revision", "r1", "--by", "值班长")


@pytest.fixture(scope="module")
def lived_in(small: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Its notice was issued, withdrawn and issued again; a check was accepted."""
    home = small.copy(tmp_path_factory.mktemp("chinese") / "home")
    for command in (
        ("approve", *DECIDED, "--blank"),
        ("withdraw", *DECIDED, "--reason", "数字待核实"),
        ("approve", *DECIDED, "--blank"),
    ):
        outcome = home.run_here(*command)
        assert outcome.code == 0, outcome.err
    return home


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", *SCOPE),
        ("deliveries",),
        ("deliveries", *SCOPE),
        ("deliveries", *SCOPE, "--files"),
        ("rejects", *SCOPE),
        ("rejects", "--region", REGION, "--quarter", "2018Q2"),
        ("checks",),
        ("checks", *SCOPE),
        ("accept", "--list"),
        ("releases", "list"),
        ("releases", "show", *SCOPE),
        ("releases", "verify"),
        ("releases", "diff", *SCOPE, "r1", "r1"),
        ("approve", *SCOPE, "--dry-run"),
        ("plan", "--region", REGION, "--quarter", "2018Q2"),
        ("plan", "--region", REGION, "--quarter", "2018Q1"),
        ("verify",),
        ("watch", "--today", "2018-05-02"),
        ("retention",),
        ("register", "check"),
        ("doctor",),
        ("run", "--quarter", QUARTER, "--dry-run"),
        ("run", "--quarter", "2018Q2"),
    ],
    ids=" ".join,
)
def test_no_english_sentence_is_left(lived_in: Home, command: tuple[str, ...]) -> None:
    assert_chinese(lived_in, command)


@pytest.fixture(scope="module")
def troubled(privacy_key: str, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One quarter that a gate holds back for what is wrong in its rows, and one whose files cannot be read."""
    exports = tmp_path_factory.mktemp("troubled")
    offices = (Office("区经信局", frame=12, called=5, satisfied=5, one_visit=4), Office("区教育局", 10, 12, 3, 4))
    tables = rows_of((*offices, Office("不知名局", 4, 2, 1, 1)))
    tables["frame.csv"][1][3] = "15400010001/15400010002"
    tables["frame.csv"][2] = tables["frame.csv"][2][:4]
    tables["frame.csv"][3][2] = "三月初"
    tables["calls.csv"][1][4] = "还可以吧"
    tables["calls.csv"][2][2] = "2019-01-01 07:00:00"
    tables["calls.csv"][3][3] = "没打"
    folder = write_delivery(exports / REGION / QUARTER, tables)
    with (folder / "frame.csv").open("a", encoding="utf-8") as file:
        file.write("合计：26 件\n")
    seal(folder, {name: len(rows) - 1 for name, rows in tables.items()})
    later = write_delivery(exports / REGION / "2018Q2", {"calls.csv": [["甲", "乙"], ["1", "2"]]})
    (later / "frame.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    seal(later, {"calls.csv": 5, "frame.xlsx": 1})
    home = Home(tmp_path_factory.mktemp("troubled-home") / "home", exports, privacy_key)
    home.run_here("run", "--quarter", QUARTER)
    home.run_here("run", "--quarter", "2018Q2")
    home.run_here("watch")  # what it logs of an alert is for the log
    return home


@pytest.mark.parametrize(
    "command",
    [
        ("run", "--quarter", QUARTER),
        ("run", "--quarter", QUARTER, "--dry-run"),
        ("run", "--quarter", "2018Q2"),
        ("run", "--quarter", "2018Q2", "--dry-run"),
        ("status",),
        ("deliveries", *SCOPE, "--files"),
        ("deliveries",),
        ("rejects", *SCOPE),
        ("checks",),
        ("plan", "--region", REGION, "--quarter", QUARTER),
        ("accept", *SCOPE, "--check", "sample_within_frame", "--by", "值班长", "--reason", "已核实"),
        ("accept", "--list"),
        ("releases", "list"),
        ("approve", *DECIDED),
        ("watch",),
        ("verify",),
    ],
    ids=" ".join,
)
def test_nor_of_what_is_wrong(troubled: Home, command: tuple[str, ...]) -> None:
    assert_chinese(troubled, command)


def assert_chinese(home: Home, command: tuple[str, ...]) -> None:
    outcome = home.run_here("--language", "zh", *command)
    told = _CODE.sub("", outcome.out + outcome.err)
    assert re.search("[\u4e00-\u9fff]", told)
    assert not english_runs(told, at_least=2), told
