"""One dbt process: it imports dbt at once and runs when told to, so that the import overlaps with landing.

A process of its own gives DuckDB's file back when it ends, and holds the warehouse lock it inherited while it lives.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from callback_survey.errors import SurveyError
from callback_survey.settings import Settings
from callback_survey.warehouse.fingerprint import sql_fingerprint

# dbt keeps what it is given as DBT_ENV_CUSTOM_ENV_… in its manifest, without that prefix: so a manifest says of which files it is.
SQL_FINGERPRINT = "SQL_FINGERPRINT"
Say = Callable[[str], None]


class DbtProcess:
    """Started early, used once. `lock_descriptor` is inherited, so that the lock outlives a killed parent."""

    def __init__(self, environment: Mapping[str, str], *, lock_descriptor: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "callback_survey.warehouse.dbt"],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            pass_fds=[lock_descriptor],
        )

    def run(self, arguments: Sequence[str], say: Say) -> None:
        """Run dbt with `arguments`. Raises SurveyError with dbt's own error messages where it fails."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(json.dumps(list(arguments)) + "\n")
        stdin.close()
        errors = _follow(stdout, say)
        code = self._process.wait()
        if code != 0:
            raise SurveyError(
                f"dbt ended with exit code {code}; nothing was released",
                next_step="read the first error; full log: dbt.log in the logs folder",
                alert_lines=errors[:10],
            )

    def close(self) -> None:
        """End a process that was not used; one that ran has ended by itself."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def environment_of(settings: Settings, file: Path, spill: Path) -> dict[str, str]:
    """What profiles.yml asks for, and what the manifest is to remember. `file` is the warehouse's."""
    return {
        "CALLBACK_SURVEY_WAREHOUSE": str(file),
        "CALLBACK_SURVEY_SPILL": str(spill),
        "CALLBACK_SURVEY_MEMORY_LIMIT": settings.memory_limit,
        f"DBT_ENV_CUSTOM_ENV_{SQL_FINGERPRINT}": sql_fingerprint(settings.dbt_project),
        "DO_NOT_TRACK": "1",
        "PYTHONUTF8": "1",
    }


def folders_of(settings: Settings, target: Path) -> list[str]:
    """The arguments of every dbt command that say where the project stands, and where dbt may write."""
    project = str(settings.dbt_project)
    read, written = ["--project-dir", project, "--profiles-dir", project], ["--target-path", str(target)]
    return [*read, *written, "--log-path", str(settings.logs / "dbt")]


def _follow(lines: IO[str], say: Say) -> list[str]:
    """Pass on each finished model; collect error messages. A line that is no JSON is dbt failing to start: kept too."""
    errors: list[str] = []
    for line in lines:
        event: dict[str, Any]
        try:
            event = json.loads(line)
        except ValueError:
            errors.append(line.rstrip())
            continue
        info, data = event.get("info", {}), event.get("data", {})
        if info.get("level") == "error":
            errors.append(str(info.get("msg", "")).strip())
        elif info.get("name") in ("LogModelResult", "LogSeedResult", "LogTestResult"):
            say(f"{data.get('index')}/{data.get('total')} {(data.get('node_info') or {}).get('node_name', '')}")
    return errors


def _main() -> int:
    from dbt.cli.main import dbtRunner

    line = sys.stdin.readline()
    if not line:  # the parent ended, or had nothing to build
        return 0
    result = dbtRunner().invoke(json.loads(line))
    if result.exception is not None:
        print(result.exception, flush=True)
        return 2
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(_main())
