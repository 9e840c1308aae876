"""What breaks while Spark builds: a worker, the run, the catalog, a delivery. The figures are then those of an unbroken build, or nothing
is published."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

from both_engines import content_hashes, differing_relations
from deliveries import OFFICES, rows_of, with_office, write_delivery
from homes import QUARTER, REGION, REPOSITORY, Home, Served, contents, until
from spark_cluster import Cluster
from spark_homes import folders, on_spark, session_of


def empty_home(folder: Path, like: Served, cluster: Cluster) -> Home:
    return on_spark(Home(folder / "home", like.home.exports, like.home.key), cluster)


def until_spark_writes(home: Home) -> None:
    """Until the first tables of single cases are there: the rest of the build is still to come."""
    until(
        "Spark's first table",
        lambda: any((home.path / "warehouse" / "spark").glob("*/intermediate/int_frame/*.parquet")),
    )


def is_built(home: Home) -> bool:
    return any((home.path / "warehouse" / "spark").glob("*/marts/dissatisfied_cases"))


def test_a_small_quarter_is_the_same_from_both_engines(small_on_duckdb: Served, small_on_spark: Served) -> None:
    assert content_hashes(small_on_spark.home) == content_hashes(small_on_duckdb.home)
    assert [*differing_relations(small_on_duckdb.home, small_on_spark.home)] == []


def test_a_build_goes_on_without_a_worker_that_was_killed(
    small_on_duckdb: Served, cluster: Cluster, tmp_path: Path
) -> None:
    home = empty_home(tmp_path, small_on_duckdb, cluster)
    log = cluster.folder / "connect.log"
    before = log.read_text(encoding="utf-8", errors="replace").count("Lost executor")
    run = home.start("run", "--quarter", QUARTER)
    until_spark_writes(home)
    assert not is_built(home)
    cluster.kill_worker(1)
    out, err = run.communicate()
    assert run.returncode == 0, out + err
    assert log.read_text(encoding="utf-8", errors="replace").count("Lost executor") > before
    assert content_hashes(home) == content_hashes(small_on_duckdb.home)
    cluster.start_worker(1)


def test_a_run_that_was_killed_is_ended_by_the_next(small_on_duckdb: Served, cluster: Cluster, tmp_path: Path) -> None:
    home = empty_home(tmp_path, small_on_duckdb, cluster)
    run = home.start("run", "--quarter", QUARTER)
    until_spark_writes(home)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    spark = home.path / "warehouse" / "spark"
    (killed,) = folders(home)
    assert (spark / "session").is_file()
    assert not home.revisions.exists()
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    # in a place of its own: what the killed one still wrote cannot be in it
    assert killed not in folders(home)
    assert not (spark / "session").exists()
    assert content_hashes(home) == content_hashes(small_on_duckdb.home)


def test_a_quarter_that_gate_2_stops_is_not_published(small_on_spark: Served, tmp_path: Path) -> None:
    write_delivery(tmp_path / "exports" / REGION / QUARTER, rows_of(with_office("区民政局", unreachable=5)))
    home = small_on_spark.home.copy(tmp_path / "home", exports=tmp_path / "exports")
    published = {folder: contents(home.path / folder) for folder in ("releases", "serving")}
    outcome = home.run_quarter_here()
    assert outcome.code == 3
    assert "区民政局: 1 called cases outside the valid frame, invalid_phone (1); such as BJ03-0003" in outcome.err
    kept = {folder: contents(home.path / folder) for folder in ("releases", "serving")}
    # but for what the gates said of it, which is served as the history of checks
    assert kept["releases"] == published["releases"]
    assert home.averages() == small_on_spark.home.averages()


def test_a_copied_home_builds_in_tables_of_its_own(small_on_spark: Served, tmp_path: Path) -> None:
    """Both know the same names of tables, and one cluster holds them."""
    write_delivery(tmp_path / "exports" / REGION / QUARTER, rows_of(with_office("区民政局", satisfied=4)))
    first = small_on_spark.home
    before = contents(first.path / "warehouse" / "spark")
    home = first.copy(tmp_path / "home", exports=tmp_path / "exports")
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    assert len(content_hashes(home)) == 2
    assert contents(first.path / "warehouse" / "spark") == before


def test_rows_of_a_quarter_go_where_its_correction_has_none(
    small_on_duckdb: Served, cluster: Cluster, tmp_path: Path
) -> None:
    """A case was called under another department's name, then was not: Spark's table loses the quarter, as DuckDB's does."""
    exports = tmp_path / "exports"
    spark = on_spark(Home(tmp_path / "spark", exports, small_on_duckdb.home.key), cluster)
    plain = Home(tmp_path / "duckdb", exports, small_on_duckdb.home.key)
    mistaken = rows_of(OFFICES)
    mistaken["calls.csv"][1][1] = "区教育局"
    for number, delivered in enumerate((mistaken, rows_of(OFFICES))):
        write_delivery(exports / REGION / QUARTER, delivered)
        for home in (spark, plain):
            outcome = home.run_quarter_here()
            assert outcome.code == 0, outcome.err
        (found,) = (spark.path / "warehouse" / "spark").glob("*/intermediate/int_department_mismatches")
        assert any(found.rglob("*.parquet")) == (number == 0)
        assert [*differing_relations(plain, spark)] == []


def test_tables_that_the_catalog_forgot_are_made_anew(small_on_spark: Served, cluster: Cluster, tmp_path: Path) -> None:
    """As after the cluster was started anew, where its catalog is in memory."""
    exports = tmp_path / "exports"
    write_delivery(exports / REGION / QUARTER, rows_of(with_office("区民政局", satisfied=4)))
    home = small_on_spark.home.copy(tmp_path / "home", exports=exports)
    assert home.run_quarter_here().code == 0
    (folder,) = folders(home)
    with session_of(cluster) as session:
        for layer in ("raw", "seeds", "staging", "intermediate", "marts"):
            session.sql(f"drop schema callback_survey_{folder.name}_{layer} cascade")
    write_delivery(exports / REGION / QUARTER, rows_of(OFFICES))
    outcome = home.run_quarter_here()
    assert outcome.code == 0, outcome.err
    original, corrected, back = content_hashes(home).values()
    assert original == back != corrected


def test_a_row_that_breaks_a_contract_stops_the_build(
    small_on_duckdb: Served, cluster: Cluster, tmp_path: Path
) -> None:
    """Spark keeps no `not null` for files: it is looked for."""
    project = tmp_path / "dbt_project"
    shutil.copytree(REPOSITORY / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    model = project / "models" / "marts" / "case_outcomes.sql"
    text = model.read_text(encoding="utf-8")
    assert "    cases.case_token,\n" in text
    model.write_text(
        text.replace("    cases.case_token,\n", "    cast(null as string) as case_token,\n"), encoding="utf-8"
    )
    home = empty_home(tmp_path, small_on_duckdb, cluster).with_settings(DBT_PROJECT=str(project))
    outcome = home.run_quarter_here()
    assert outcome.code == 1
    told = (home.path / "logs" / "dbt" / "dbt.log").read_text(encoding="utf-8")
    assert "case_outcomes breaks its contract: a row where" in told
    assert not home.revisions.exists()
