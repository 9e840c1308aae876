"""A region without a register: its quarter is refused, an instance is made for it, a person edits the draft, and it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from deliveries import OFFICES, Office, rows_of, write_delivery
from homes import QUARTER, Home

NEW_REGION = "330110"
# one office under two spellings of one key, and one under an abbreviation
SENT = (
    *OFFICES,
    Office("区公安分局（户籍）", frame=6, called=3, satisfied=3, one_visit=3),
    Office("区公安分局 (户籍)", frame=4, called=2, satisfied=2, one_visit=1),
    Office("区经信", frame=3, called=1, satisfied=0, one_visit=1),
)


@pytest.fixture
def home(tmp_path: Path, privacy_key: str) -> Home:
    """An instance of its own, which knows the divisions above the region and nothing else."""
    home = Home(tmp_path / "survey" / "home", tmp_path / "survey" / "exports", privacy_key)
    made = home.run_here("init", str(tmp_path / "survey"))
    assert made.code == 0, made.err
    write_delivery(home.exports / NEW_REGION / QUARTER, rows_of(SENT))
    return home.with_settings(REGISTERS=str(tmp_path / "survey" / "registers"))


def copied(page: str, file: str) -> str:
    return page.split(f"==> {file}\n")[1].split("\n\n")[0] + "\n"


def named(regions: str) -> str:
    """As a person writes the divisions' names."""
    for code, name in (("330000", "浙江省"), ("330100", "杭州市"), (NEW_REGION, "余杭区")):
        regions = regions.replace(f"{code},,", f"{code},{name},")
    return regions


def append(registers: Path, file: str, lines: str) -> None:
    with (registers / file).open("a", encoding="utf-8") as register:
        register.write(lines)


def test_from_a_frame_to_released_rates(home: Home, tmp_path: Path) -> None:
    registers, draft = tmp_path / "survey" / "registers", tmp_path / "draft.txt"
    held_back = home.run_quarter_here()
    assert held_back.code == 2 and "error: region 330110 is not in regions.csv\n" in held_back.err
    commands = [line.partition("callback-survey ")[2].split()[0] for line in held_back.err.splitlines()[1:6]]
    assert commands == ["init", "manifest", "register", "register", "run"], "in the order in which a person goes on"

    asked = home.run_here("register", "propose", "--region", NEW_REGION, "--quarter", QUARTER, "--output", str(draft))
    assert asked.code == 0, asked.err
    page = draft.read_text(encoding="utf-8")
    assert "Is 区经信 (330110-005, 3 rows) the same office as 区经信局 (330110-001)?" in page

    append(registers, "regions.csv", copied(page, "regions.csv"))
    append(registers, "departments.csv", copied(page, "departments.csv"))
    forgotten = home.run_quarter_here()
    assert forgotten.code == 2 and "line 4: region 330110 has no name" in forgotten.err

    text = (registers / "regions.csv").read_text(encoding="utf-8")
    (registers / "regions.csv").write_text(named(text), encoding="utf-8")
    text = (registers / "departments.csv").read_text(encoding="utf-8")
    (registers / "departments.csv").write_text(text.replace("330110-005,330110,区经信,2018Q1,\n", ""), encoding="utf-8")
    append(registers, "department_aliases.csv", "330110,区经信,330110-001,2018Q1,\n")
    # so few people's answers are published only where the region says why
    append(registers, "disclosure_rules.csv", f"{NEW_REGION},true,,,,编造的数据,2018Q1,\n")
    checked = home.run_here("register", "check")
    assert checked.code == 0, checked.err
    assert f"{registers}: no fault in 4 departments of 1 regions" in checked.out

    released = home.run_quarter_here()
    assert released.code == 0, released.err
    assert home.query(
        "select department_code, department_name, valid_frame_count, sample_count, answered_count, rate_pct::text "
        "from department_rates where measure = 'satisfaction' order by department_code"
    ) == [
        ("330110-001", "区经信局", 15, 6, 6, "83.33"),
        ("330110-002", "区公安分局（户籍）", 10, 5, 5, "100.00"),
        ("330110-003", "区教育局", 10, 4, 4, "75.00"),
        ("330110-004", "区民政局", 8, 4, 4, "50.00"),
    ]
    again = home.run_here("register", "propose", "--region", NEW_REGION, "--quarter", QUARTER)
    assert "there is nothing to add" in again.out


def test_a_region_of_small_frames_alone_is_released_and_none_of_its_figures_is_shown(
    home: Home, tmp_path: Path
) -> None:
    registers = tmp_path / "survey" / "registers"
    page = home.run_here("register", "propose", "--region", NEW_REGION, "--quarter", QUARTER).out
    append(registers, "regions.csv", named(copied(page, "regions.csv")))
    append(registers, "departments.csv", copied(page, "departments.csv"))
    released = home.run_quarter_here()
    assert released.code == 0, released.err
    assert home.query("select distinct is_suppressed, rate_pct from department_rates") == [(True, None)]
    assert set(home.averages(NEW_REGION).values()) == {None}
    # who reads the summary is told why there is none
    assert released.out.count("人数少，为保护答复人不予公布 5 个：") == 2
    skipped = (
        "select check_id from check_results where outcome = 'skipped' and check_id like '%_recomputed' order by all"
    )
    assert home.query(skipped) == [("average_recomputed",), ("flags_recomputed",)]
