"""One dbt process: it imports dbt and reads the project at once, and runs when told to, so that both overlap with landing.

A process of its own gives DuckDB's file back when it ends, and holds the warehouse lock it inherited while it lives.

Seven costs of dbt are met here. Each of its events would be made into JSON for every log, also where the log leaves it
out: our own callback passes on what is shown, and the file is plain text. Nine events of ten are for debugging, which no
log of ours holds, and are made into a message all the same: they end where they begin. And a project that did not change
is not parsed again: dbt's own reuse of a parse asks for the same warehouse file too, ours for the same project. Nor are its
settings validated again: that makes JSON schemas of dbt's classes, for which half a second of CPU goes.
And the garbage collector looks again and again at classes, a manifest and contexts that live as long as the process (an eighth
of its CPU time, for 50 MB): it is off. What describes the build is encoded in C, and nothing is taken apart at the end.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from callback_survey.errors import SurveyError
from callback_survey.setting_values import size_in_bytes
from callback_survey.settings import Settings
from callback_survey.storage import files
from callback_survey.warehouse import parsed
from callback_survey.warehouse.fingerprint import sql_fingerprint

SQL_FINGERPRINT = "SQL_FINGERPRINT"
# While a province is built dbt takes 140 MB beside DuckDB, the process that started it 160, and DuckDB goes beyond its limit.
_BESIDE_DUCKDB_BYTES = 350 * 10**6
_FINISHED = ("LogModelResult", "LogSeedResult", "LogTestResult")
_TELLING = threading.Lock()
Say = Callable[[str], None]


class DbtProcess:
    """Started early, used once. `where` are the arguments that each of its commands has (`arguments_of`); `lock_descriptor` is
    inherited, so that the lock outlives a killed parent."""

    def __init__(self, environment: Mapping[str, str], where: Sequence[str], *, lock_descriptor: int) -> None:
        self._where = list(where)
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
        self._tell(self._where)

    def run(self, command: Sequence[str], say: Say) -> None:
        """Run dbt's `command` with its own arguments. Raises SurveyError with dbt's own error messages where it fails."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        self._tell([*command, *self._where])
        stdin.close()
        errors = _follow(stdout, say)
        code = self._process.wait()
        if code != 0:
            raise SurveyError(
                f"dbt ended with exit code {code}; nothing was released",
                next_step="read the first error; full log: dbt.log in the logs folder",
                alert_lines=errors[:10],
            )

    def _tell(self, arguments: Sequence[str]) -> None:
        assert self._process.stdin is not None
        # one that was killed says so by its exit code
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(list(arguments)) + "\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """End a process that was not used; one that ran has ended by itself."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def environment_of(settings: Settings, file: Path, spill: Path, *, schemas: str = "") -> dict[str, str]:
    """What profiles.yml asks for, and what the manifest is to remember. `file` is the warehouse's, `schemas` is the word before the
    names of schemas on Spark: a parse holds these names, so it is no parse for others."""
    return {
        "CALLBACK_SURVEY_WAREHOUSE": str(file),
        "CALLBACK_SURVEY_SPILL": str(spill),
        "CALLBACK_SURVEY_MEMORY_LIMIT": f"{_left_for_duckdb(size_in_bytes(settings.memory_limit)) // 10**6}MB",
        "CALLBACK_SURVEY_TESTS": "together",
        # dbt's newer way to let a model wait for the tests of those before it: the same order, with fewer edges
        "DBT_USE_FAST_TEST_EDGES": "1",
        f"{parsed.CUSTOM}{SQL_FINGERPRINT}": sql_fingerprint(settings.dbt_project),
        **parsed.variables(settings, schemas),
        "DO_NOT_TRACK": "1",
        "PYTHONUTF8": "1",
    }


def _left_for_duckdb(limit_bytes: int) -> int:
    """What DuckDB may take within dbt's process, so that the processes of a build stay near the limit together; half of a small one."""
    return max(limit_bytes - _BESIDE_DUCKDB_BYTES, limit_bytes // 2)


def arguments_of(settings: Settings, project: Path, target: Path) -> list[str]:
    """The arguments of every dbt command: where the project stands, where dbt may write, and what it logs."""
    read = ["--project-dir", str(project), "--profiles-dir", str(project)]
    written = ["--target-path", str(target)]
    log = ["--log-path", str(settings.logs / "dbt"), "--log-level-file", "info", "--no-use-colors-file"]
    # what is shown comes by `_tell`
    return [*read, *written, *log, "--log-level", "none"]


def _follow(lines: IO[str], say: Say) -> list[str]:
    """Pass on each finished model; collect error messages. A line that is no JSON is dbt failing to start: kept too."""
    errors: list[str] = []
    for line in lines:
        try:
            told: dict[str, str] = json.loads(line)
        except ValueError:
            errors.append(line.rstrip())
            continue
        if "error" in told:
            errors.append(told["error"])
        elif "finished" in told:  # what else there is are lines of Spark's log
            say(told["finished"])
    return errors


def _tell(event: Any) -> None:
    """What the parent wants to know of dbt's events, as a line of JSON each. Where it was killed, dbt ends its work unheard."""
    if event.info.level == "error":
        told = {"error": event.info.msg.strip()}
    elif event.info.name in _FINISHED:
        # a test says how many nodes there are in a field of another name
        total = getattr(event.data, "total", None) or event.data.num_models
        told = {"finished": f"{event.data.index}/{total} {event.data.node_info.node_name}"}
    else:
        return
    # models end on several threads: a line is written as one
    with _TELLING, suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _leave_out_debugging() -> None:
    """Have dbt's events for debugging dropped before they are made into messages that nothing reads."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    class Told(EventManager):
        def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *others: Any, **named: Any) -> None:
            if (level or e.level_tag()) is not EventLevel.DEBUG:
                super().fire_event(e, level, *others, **named)

    ctx_set_event_manager(Told())


def _leave_out_validation() -> None:
    """For a project whose files were validated when they were parsed: profiles.yml too is among those of its fingerprint."""
    from dbt_common.dataclass_schema import dbtClassMixin

    def validate(cls: type[dbtClassMixin], data: Any) -> None:
        """Nothing to find."""

    dbtClassMixin.validate = classmethod(validate)  # type: ignore[assignment]


def _write_artifacts(manifest: Any, results: Any, target: Path) -> None:
    """What describes the project as it was built, each whole or not at all; of other commands than a build there are no results."""
    from dbt.artifacts.schemas import base
    from dbt.artifacts.schemas.run.v5 import run

    base.write_json = run.write_json = _write_json
    artifacts = {"manifest.json": manifest.writable_manifest(), "run_results.json": results}
    for name, artifact in artifacts.items():
        if hasattr(artifact, "write"):
            with files.written_aside(target / name) as aside:
                artifact.write(str(aside))


def _write_json(path: str, data: dict[str, Any]) -> bool:
    """As dbt's own, by `dumps`, which encodes in C what `dump` encodes piece by piece in Python."""
    from dbt_common.utils.encoding import JSONEncoder

    Path(path).write_text(json.dumps(data, cls=JSONEncoder), encoding="utf-8")
    return True


def _main() -> int:
    gc.disable()
    from dbt.cli.main import dbtRunner

    told = sys.stdin.readline()
    if not told:  # the parent ended
        return 0
    where: list[str] = json.loads(told)
    target = Path(where[where.index("--target-path") + 1])
    project = Path(where[where.index("--project-dir") + 1])
    _leave_out_debugging()
    manifest = parsed.read(project)
    if manifest is None:
        # nobody hears what is wrong with the project now: the command reads it again then, and says it
        manifest = dbtRunner().invoke(["parse", *where, "--no-write-json"]).result
        if manifest is not None:
            parsed.keep(target)
    else:
        _leave_out_validation()
    command = sys.stdin.readline()
    if not command:  # the parent ended, or had nothing to build
        return 0
    # dbt writes its manifest before the models run and again after, and four files that nothing reads
    own = [] if manifest is None else ["--no-write-json"]
    result = dbtRunner(manifest=manifest, callbacks=[_tell]).invoke([*json.loads(command), *own])
    if manifest is not None and result.success:
        _write_artifacts(manifest, result.result, target)
    if result.exception is not None:
        print(result.exception, flush=True)
        return 2
    return 0 if result.success else 1


def _end(code: int) -> None:
    """Past the end of the interpreter, which takes apart classes and a manifest that go with the process: half a second of CPU.

    What was registered for the end is done: DuckDB's file is closed whole without its log, and Spark hears that the session is over.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    _end(_main())
