"""The secrets of the containers: fresh, private, and never changed once they are in use."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import compose_env


def values_of(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if line and not line.startswith("#"))


def test_it_runs_with_plain_python_and_writes_a_private_file(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    subprocess.run([sys.executable, "-I", "-S", compose_env.__file__, str(target)], check=True, capture_output=True)
    assert target.stat().st_mode & 0o777 == 0o600
    values = values_of(target)
    assert set(values) == set(compose_env.SECRETS)
    assert len(values["CALLBACK_SURVEY_PRIVACY_KEY"]) >= 32
    assert len(base64.urlsafe_b64decode(values["AIRFLOW_FERNET_KEY"])) == 32
    assert list(tmp_path.iterdir()) == [target]


def test_no_two_installations_share_a_value(tmp_path: Path) -> None:
    for name in ("one", "two"):
        compose_env.write(tmp_path / name)
    assert not set(values_of(tmp_path / "one").values()) & set(values_of(tmp_path / "two").values())


def test_what_is_set_stays_and_what_is_missing_is_added(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("AIRFLOW_PORT=9000\nPOSTGRES_PASSWORD=in-use")
    assert compose_env.write(target)
    values = values_of(target)
    assert (values["AIRFLOW_PORT"], values["POSTGRES_PASSWORD"]) == ("9000", "in-use")
    assert set(compose_env.SECRETS) < set(values)
    before = target.read_bytes()
    assert not compose_env.write(target)
    assert target.read_bytes() == before


def test_an_empty_value_counts_as_missing(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    target.write_text("AIRFLOW_JWT_SECRET=\n")
    compose_env.write(target)
    assert len(values_of(target)["AIRFLOW_JWT_SECRET"]) == 64


def test_a_file_that_a_shell_reads_sets_its_values_too(tmp_path: Path) -> None:
    """`export NAME=…`: another password beside the one in use would lock Airflow out of its volume."""
    target = tmp_path / ".env"
    target.write_text("export POSTGRES_PASSWORD=in-use\n  export  MARTS_PASSWORD = used\nexport AIRFLOW_JWT_SECRET=\n")
    compose_env.write(target)
    text = target.read_text()
    assert text.count("POSTGRES_PASSWORD") == text.count("MARTS_PASSWORD") == 1
    assert text.count("AIRFLOW_JWT_SECRET") == 1 and len(values_of(target)["AIRFLOW_JWT_SECRET"]) == 64
