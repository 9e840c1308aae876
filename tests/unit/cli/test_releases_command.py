"""The commands of `releases`: what they print, what they refuse, and what a rollback does."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from rich.cells import cell_len
from rich.console import Console

from callback_survey.cli import main
from callback_survey.pipeline import steps
from callback_survey.releases import journal
from callback_survey.releases.journal import Decision
from callback_survey.storage import files
from homes import REPOSITORY
from lakes import tree_of
from published import make_release

KEYS = ["--region", "330109", "--quarter", "2018Q1"]
AT = "2018-06-07T00:00:00+00:00"
WHY = ["--by", "值班长", "--reason", "交付有误"]


def rates(*rows: tuple[str, str, str, int, bool, bool]) -> dict[str, str]:
    values = ", ".join(repr(row).replace("True", "true").replace("False", "false") for row in rows)
    return {
        "department_rates": f"""
            select '330109' as region_code, '2018Q1' as quarter, code as department_code, name as department_name,
                'satisfaction' as measure, '满意率' as measure_name, pct::decimal(5, 2) as rate_pct, 90.00::decimal(5, 2) as average_pct,
                position::bigint as rate_rank, below as is_below_average, beyond as is_significantly_below,
                beyond as is_significantly_below_superpopulation, 'top_box' as measure_definition, 'cases' as source_grain,
                100::bigint as answered_count, pct::double::bigint as success_count, pct::double / 100 as rate
            from (values {values}) t (code, name, pct, position, below, beyond)
        """
    }


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled_project: Path) -> Path:
    """Two revisions of a quarter and one of the next; r2 is served."""
    files.write_json(tmp_path / "warehouse" / "dbt" / "manifest.json", files.read_json(compiled_project))
    monkeypatch.setenv("CALLBACK_SURVEY_HOME", str(tmp_path))
    monkeypatch.setenv("CALLBACK_SURVEY_DBT_PROJECT", str(REPOSITORY / "dbt_project"))
    before = rates(("d1", "区档案局", "95.00", 1, False, False), ("d2", "区公安分局（车管）", "70.00", 2, True, True))
    after = rates(("d1", "区档案局", "95.00", 1, False, False), ("d2", "区公安分局（车管）", "85.00", 2, True, False))
    make_release(tmp_path / "releases", tables=before)
    make_release(tmp_path / "releases", revision=2, released_at="2018-05-01T06:00:00+00:00", tables=after)
    make_release(tmp_path / "releases", quarter="2018Q2")
    return tmp_path


def releases(*arguments: str) -> int:
    return main.main(["releases", *arguments])


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def averages(home: Path) -> str:
    with duckdb.connect(str(home / "serving" / "marts.duckdb"), read_only=True) as connection:
        query = "select string_agg(rate_pct::text, ' ' order by department_code) from department_rates where quarter = '2018Q1'"
        return str(connection.execute(query).fetchall()[0][0])


def test_the_list_says_of_each_revision_what_is_served_and_decided(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for act in ("approved", "issued"):
        details = {"number": "萧跑改办〔2018〕5号"}
        journal.append(home / "releases", Decision(act, "330109", "2018Q1", 1, "值班长", at=AT, details=details))  # type: ignore[arg-type]
    journal.append(
        home / "releases",
        Decision("rolled_back", "330109", "2018Q1", 1, "值班长", "有误", AT, details={"instead_of": "r2"}),
    )
    assert releases("list", "--quarter", "2018Q1") == 0
    told = lines(capsys)
    assert [line.split()[:5] for line in told[1:3]] == [
        ["330109", "2018Q1", "r1", "2018-04-20", "14:00:00"],
        ["330109", "2018Q1", "r2", "2018-05-01", "14:00:00"],
    ]
    assert " served " in told[1]
    assert told[1].endswith("issued 萧跑改办〔2018〕5号, by 值班长       1  first release")
    assert " rolled back " in told[2]
    assert told[2].endswith("值班长: 有误")
    assert releases("list") == 0
    assert ["330109", "2018Q2", "r1"] in [line.split()[:3] for line in lines(capsys)]


def test_the_list_says_which_notice_was_corrected_by_which_and_why(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for act, details in (
        ("approved", {"number": "5号"}),
        ("issued", {"number": "5号"}),
        ("corrected", {"corrected_by": "r2"}),
    ):
        decision = Decision(act, "330109", "2018Q1", 1, "值班长", "已重新报送", AT, details=details)  # type: ignore[arg-type]
        journal.append(home / "releases", decision)
    assert releases("list", "--quarter", "2018Q1") == 0
    assert "corrected 5号, by 值班长; replaced by r2: 已重新报送" in " ".join(capsys.readouterr().out.split())
    assert releases("list", "--quarter", "2018Q1", "--language", "zh") == 0
    assert "已更正 5号，批准人 值班长；由第2版代替：已重新报送" in " ".join(capsys.readouterr().out.split())


def test_an_empty_home_is_told_plainly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("list", "verify"):
        assert releases(command, "--home", str(tmp_path / "none")) == 0
    assert [line.split(" under")[0] for line in lines(capsys)] == ["no releases", "no releases to verify"]


def test_one_revision_is_shown_whole(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal.append(home / "releases", Decision("rejected", "330109", "2018Q1", 2, "值班长", "名称有误", AT))
    assert releases("show", *KEYS) == 0
    shown = lines(capsys)
    assert shown[0] == "330109 2018Q1 r2  served, notice rejected"
    assert "  why           first release" in shown and "  sha  frame.csv" in shown
    assert ["department_rates", "2"] in [line.split() for line in shown]
    assert "    warned: reconciliation_exact: 1 of 68 rows; allowed: equal" in shown
    assert "  2018-06-07 08:00:00  r2 rejected by 值班长: 名称有误" in shown
    assert releases("show", *KEYS, "r1") == 0
    assert lines(capsys)[:2] == ["330109 2018Q1 r1  replaced, notice draft", "  now served    r2"]


def test_the_difference_names_departments_and_lines_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert releases("diff", *KEYS, "r1", "r2") == 0
    shown = lines(capsys)
    assert "满意率  平均 90.00，低于平均 1 个，超出抽样误差 1 → 0 个" in shown
    header, moved = next((shown[at], shown[at + 1]) for at, line in enumerate(shown) if line.startswith("部门"))
    assert moved.split() == ["区公安分局（车管）", "70.00", "85.00", "2", "2", "不再超出抽样误差；按部门水平不再成立"]
    for title, figure in (("r1 ", "70.00"), ("r2 ", "85.00")):
        ends = header.index(title) + len(title.strip()), moved.index(figure) + len(figure)
        assert cell_len(header[: ends[0]]) == cell_len(moved[: ends[1]]), "numbers end where their title ends"
    assert not any("区档案局" in line for line in shown)
    assert releases("diff", *KEYS, "r2", "r1") == 0
    assert "低于平均，超出抽样误差；按部门水平仍低于平均" in " ".join(lines(capsys))
    assert releases("diff", *KEYS, "r1", "r1") == 0
    assert "没有部门变动" in lines(capsys)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["diff", *KEYS, "r1", "r3"], "expected: one of r1, r2"),
        (["diff", *KEYS, "r1", "latest"], "not a revision: 'latest'"),
        (["show", "--region", "330110", "--quarter", "2018Q1"], "330110 2018Q1 was not released yet"),
        (["show", "--region", "../x", "--quarter", "2018Q1"], "not a region code: '../x'"),
        (["rollback", *KEYS, "r3", *WHY], "expected: one of r1, r2"),
        (["rollback", *KEYS, "r1", "--by", " ", "--reason", "x"], "--by is empty"),
        (["rollback", *KEYS, "r1", "--by", "值班长", "--reason", "打 13812345678 问"], "--reason contains a phone"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_can(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert releases(*arguments) == 2
    assert said in capsys.readouterr().err
    assert journal.entries(home / "releases") == []


def test_verify_names_what_is_damaged_and_says_so_with_its_exit_code(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert releases("verify") == 0
    (home / "releases/330109/2018Q1/r1/marts/department_rates.parquet").unlink()
    assert releases("verify") == 1
    told = capsys.readouterr()
    assert "330109 2018Q1 r1: DAMAGED" in told.out
    assert "\n  marts/department_rates.parquet: is missing\n330109 2018Q1 r2: whole" in told.out
    assert "1 of 3 revisions do not match what was frozen" in told.err
    assert releases("verify", "--region", "330109", "--quarter", "2018Q2") == 0
    assert releases("verify", "--since", "2018Q2") == 0


def test_a_rollback_is_served_at_once_and_written_down_and_changes_no_revision(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree_of(home / "releases")
    assert releases("rollback", *KEYS, "r1", *WHY) == 0
    assert averages(home) == "95.00 70.00"
    assert "330109 2018Q1 r1 is now served instead of r2" in lines(capsys)
    (entry,) = journal.entries(home / "releases")
    assert (entry.act, entry.revision, entry.by, entry.reason) == ("rolled_back", 1, "值班长", "交付有误")
    assert entry.details == {"instead_of": "r2", "served_before": "r2"}
    after = tree_of(home / "releases")
    beside = ("/journal/", "/.lock")
    assert {name: content for name, content in after.items() if not any(part in name for part in beside)} == before
    assert releases("rollback", *KEYS, "r1", *WHY) == 2, "it is already served"
    assert releases("rollback", *KEYS, "r2", *WHY) == 0
    assert averages(home) == "95.00 85.00"


def test_a_rollback_says_what_it_leaves_behind(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal.append(home / "releases", Decision("issued", "330109", "2018Q1", 2, "值班长"))
    assert releases("rollback", *KEYS, "r1", *WHY) == 0
    told = "\n".join(lines(capsys))
    assert "The changes in 330109 2018Q2 r1 were computed from figures that are no longer served" in told
    assert "callback-survey run --region 330109 --quarter 2018Q2" in told
    assert f"The issued notice of r2 remains in {home / 'public'}" in told


@pytest.mark.parametrize("act", ["corrected", "withdrawn"])
def test_a_notice_that_no_longer_holds_is_not_said_to_remain(
    home: Path, capsys: pytest.CaptureFixture[str], act: journal.Act
) -> None:
    for one in ("issued", act):
        journal.append(
            home / "releases", Decision(one, "330109", "2018Q1", 2, "值班长", details={"corrected_by": "r3"})
        )
    assert releases("rollback", *KEYS, "r1", *WHY) == 0
    assert "The issued notice" not in "\n".join(lines(capsys))


def test_what_is_served_already_is_not_written_down_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert releases("rollback", *KEYS, "r2", *WHY) == 0
    assert "330109 2018Q1 r2 is now served: an interrupted rollback was completed" in lines(capsys)
    assert averages(home) == "95.00 85.00"
    assert releases("rollback", *KEYS, "r2", *WHY) == 2
    assert "330109 2018Q1 r2 is already served" in capsys.readouterr().err
    assert journal.entries(home / "releases") == []


def test_a_damaged_revision_is_not_served_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "releases/330109/2018Q1/r1/marts/department_rates.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    assert releases("rollback", *KEYS, "r1", *WHY) == 1
    told = capsys.readouterr().err
    assert "does not match what was frozen; what is served was not changed" in told
    assert "marts/department_rates.parquet: was changed" in told
    assert journal.entries(home / "releases") == []


def test_a_rollback_that_was_not_carried_out_is_by_the_same_command(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(steps, "serve", lambda run: (_ for _ in ()).throw(KeyboardInterrupt))
        assert releases("rollback", *KEYS, "r1", *WHY) == 130
    assert releases("rollback", *KEYS, "r1", *WHY) == 0
    assert "an interrupted rollback was completed" in capsys.readouterr().out
    assert averages(home) == "95.00 70.00"
    assert len(journal.entries(home / "releases")) == 1


def test_a_lost_revision_can_be_left_for_another(home: Path) -> None:
    """r1 was served again and is lost: nothing can be served until somebody names another."""
    assert releases("rollback", *KEYS, "r1", *WHY) == 0
    (home / "releases/330109/2018Q1/r1").rename(home / "lost")
    assert releases("list") == 1
    assert releases("rollback", *KEYS, "r2", *WHY) == 0
    assert averages(home) == "95.00 85.00"


def test_numbers_and_names_keep_their_columns_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callback_survey.cli.display.open_console", lambda: of_width(80))
    assert releases("list") == 0
    assert releases("diff", *KEYS, "r1", "r2") == 0
    shown = lines(capsys)
    assert all(cell_len(line) <= 80 for line in shown)
    assert not any("…" in line for line in shown), "folded, never cut"


def of_width(width: int) -> Console:
    return Console(highlight=False, width=width, force_terminal=True, color_system=None, legacy_windows=False)


def test_a_program_gets_one_revision_and_a_comparison_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert releases("show", *KEYS, "r1", "--json", "--language", "zh") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["revision"], shown["state"], shown["approval_status"]) == (1, "replaced", "draft")
    assert shown["tables"]["department_rates"]["row_count"] == 2
    assert {"input_files", "checks", "decisions", "documents", "content_hash"} <= shown.keys()
    assert releases("diff", *KEYS, "r1", "r2", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["before"], found["after"]) == (1, 2)
    (moved,) = found["measures"][0]["moved"]
    assert (moved["before"]["rate_pct"], moved["after"]["rate_pct"]) == ("70.00", "85.00")
