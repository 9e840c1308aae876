"""dbt's unit tests of the models that Spark builds, on Spark: the same tests that `make test` runs on DuckDB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from homes import Served
from spark_cluster import Cluster
from spark_homes import folders


def test_every_unit_test_of_a_model_of_single_cases_passes(
    small_on_spark: Served, cluster: Cluster, tmp_path: Path
) -> None:
    warehouse = small_on_spark.home.path / "warehouse"
    (folder,) = folders(small_on_spark.home)
    where = ["--project-dir", str(warehouse / "project"), "--profiles-dir", str(warehouse / "project")]
    written = ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs"), "--no-use-colors"]
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "test", "--select", "tag:records,test_type:unit", "--target", "spark"]
        + where
        + written,
        env={
            **os.environ,
            "SPARK_REMOTE": cluster.remote,
            "CALLBACK_SURVEY_SPARK_SCHEMA": f"callback_survey_{folder.name}",
            "DO_NOT_TRACK": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    results = tmp_path / "target" / "run_results.json"
    assert results.is_file(), done.stdout + done.stderr
    tests = [one for one in json.loads(results.read_text())["results"] if one["unique_id"].startswith("unit_test.")]
    assert [one["unique_id"] for one in tests if one["status"] != "pass"] == [], done.stdout
    # models that hold a rule: what is given and what must come out stands beside them
    assert {one["unique_id"].split(".")[2] for one in tests} >= {
        *("stg_frame", "stg_calls", "stg_answers", "int_frame", "int_called_cases", "int_case_answers"),
        *("int_follow_up_dates", "int_department_counts", "dissatisfied_cases"),
    }
