"""What is known of a Spark cluster without one. What one builds: tests/spark/ (make test-spark)."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from callback_survey.errors import SurveyError
from callback_survey.landing.ledger import LandingReport
from callback_survey.warehouse.cluster import Cluster, one_path_of
from callback_survey.warehouse.records import files_in_lake
from callback_survey.wording.translation import in_chinese
from homes import Home


def nobody() -> str:
    """An address where nothing listens, with a token that must not be told."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"sc://127.0.0.1:{free.getsockname()[1]}/;token=secret"


def test_where_no_spark_answers_it_is_said_at_once_and_without_the_token(tmp_path: Path) -> None:
    place = Cluster(nobody(), tmp_path)
    with pytest.raises(SurveyError, match="no Spark answers: Connection refused") as refused, place.session():
        pass
    said = str(refused.value)
    assert "CALLBACK_SURVEY_ENGINE=duckdb" in said
    assert "secret" not in said + repr(place)
    assert in_chinese(refused.value.what) == "Spark 没有应答：Connection refused"


def test_a_run_without_its_cluster_publishes_nothing_and_says_what_to_do(small: Home, tmp_path: Path) -> None:
    """What DuckDB built before does not stand for what Spark would build."""
    home = small.copy(tmp_path / "home").with_settings(ENGINE="spark", SPARK_REMOTE=nobody())
    outcome = home.run_quarter_here()
    assert outcome.code == 1
    assert "no Spark answers" in outcome.err
    assert "next: start the cluster" in outcome.err
    assert "secret" not in outcome.err


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("sc://spark:15002", "sc://spark:15002/;session_id=one"),
        ("sc://spark:15002/", "sc://spark:15002/;session_id=one"),
        ("sc://spark/;use_ssl=true;token=t", "sc://spark/;use_ssl=true;token=t;session_id=one"),
    ],
)
def test_a_session_is_joined_by_its_id_beside_what_the_address_says(remote: str, address: str) -> None:
    assert Cluster(remote, Path("/home")).session_address("one") == address


def test_what_an_earlier_version_landed_is_not_read_as_it_lies() -> None:
    """Its calls had answers in columns of their own: DuckDB reads these out, for all deliveries of the run."""
    now = LandingReport(
        region_code="330109",
        quarter="2018Q1",
        delivery_id="one",
        source_folder="",
        landed_at="",
        run_id="",
        key_id="",
        files=(),
        lake_files={"frame": "frame.parquet", "calls": "calls.parquet", "answers": "answers.parquet"},
    )
    then = replace(now, lake_files={"frame": "then.parquet", "calls": "calls-then.parquet"})
    annexes_alone = replace(now, lake_files={"published": "published.parquet"})
    lake = Path("/lake")
    assert files_in_lake([now, annexes_alone], "answers", lake) == [lake / "answers.parquet"]
    assert files_in_lake([now, then], "answers", lake) == []
    assert files_in_lake([now, then], "calls", lake) == [lake / "calls.parquet", lake / "calls-then.parquet"]
    assert files_in_lake([annexes_alone], "frame", lake) == []


def test_the_files_of_several_deliveries_are_one_path_for_spark() -> None:
    """Two files, as Hadoop reads a pattern; what is one in the name of a home is taken for what it is."""
    one, two = Path("/a home's/{1}/one.parquet"), Path("/a home's/{1}/two.parquet")
    assert one_path_of([one]) == "file:/a home's/\\{1\\}/one.parquet"
    assert one_path_of([one, two]) == "file:/{a home's/\\{1\\}/one.parquet,a home's/\\{1\\}/two.parquet}"
    assert one_path_of([Path("/a`b")]) == "file:/a``b"
