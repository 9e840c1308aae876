"""The documents of a release: what people read of it. Written from the release's marts alone, as drafts and again when issued.

They are made in a process of its own: the libraries that draw charts and set pages are not Python, and what they cannot bear
ends the process that they run in.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from callback_survey.documents.notice.heading import DRAFT, Heading
from callback_survey.errors import DocumentsFailed, SurveyError

if TYPE_CHECKING:
    import duckdb

    from callback_survey.releases import Release
    from callback_survey.settings import Format

logger = logging.getLogger(__name__)

MOST_SECONDS = 1200
# -P: a module beside the exports must not be taken for one of ours
_COMMAND = [sys.executable, "-P", "-m", "callback_survey.documents.write"]
_TOLD = 3  # the child's exit code when it has said what is wrong


def write_apart(release: Release, folder: Path, *, formats: Sequence[Format], heading: Heading = DRAFT) -> None:
    """Write a release's documents into `folder`, which the caller writes aside or owns, from its frozen marts.

    The same marts and heading give the same documents. Raises DocumentsFailed, which names the release and the document, where
    they cannot be made, also where the process that makes them ends.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe) as child:
        overdue = threading.Timer(MOST_SECONDS, child.kill)
        overdue.start()
        complaint = _Kept(child.stderr)
        try:
            # stdin stays open: its end tells the child that nobody waits any more
            with suppress(BrokenPipeError):
                pickle.dump((release, folder, tuple(formats), heading), _open(child.stdin))
                _open(child.stdin).flush()
            part, error = _follow(_open(child.stdout))
            code = child.wait()
        finally:
            overdue.cancel()
            child.kill()
            complaint.join()
    if code != 0:
        logger.error("documents of %s: exit code %s\n%s", release.name, code, complaint.text)
        raise _failed(release, part, error or {"what": f"the process that makes it ended with exit code {code}"})


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


class _Kept(threading.Thread):
    """The end of what a child says besides, read while it runs: a full pipe would stop it."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        super().__init__(daemon=True)
        self._stream, self.text = _open(stream), ""
        self.start()

    def run(self) -> None:
        self.text = self._stream.read().decode("utf-8", "replace")[-20_000:]


def _follow(lines: IO[bytes]) -> tuple[str | None, dict[str, str] | None]:
    """The part that was begun last, and what was said to be wrong."""
    part, error = None, None
    for line in lines:
        told = json.loads(line)
        part, error = told.get("part", part), told.get("error", error)
        if "warning" in told:
            logger.warning("%s", told["warning"])
    return part, error


def _failed(release: Release, part: str | None, error: dict[str, str]) -> DocumentsFailed:
    return DocumentsFailed(
        f"{part or 'the documents'} of {release.name} could not be made: {error['what']}",
        where=error.get("where") or str(release.folder),
        expected=error.get("expected"),
        next_step=error.get("next_step") or "read the log of the run; then run the quarter again",
        region_code=release.region_code,
        quarter=release.quarter,
    )


def write(
    connection: duckdb.DuckDBPyConnection,
    release: Release,
    folder: Path,
    *,
    schema: str,
    formats: Sequence[Format],
    heading: Heading = DRAFT,
    begin: Callable[[str], None] = lambda part: None,
) -> None:
    """The same in this process. `connection` shows the release's marts in `schema`; `begin` is told each part before it is made."""
    from callback_survey.documents import companion
    from callback_survey.documents.notice import write as notice

    notice.write(connection, release, folder, schema=schema, formats=formats, heading=heading, begin=begin)
    companion.write(connection, release, folder, schema=schema, formats=formats, begin=begin)


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _tell("warning", record.getMessage())


def _tell(name: str, value: Any) -> None:
    print(json.dumps({name: value}), flush=True)


def _end_with_the_parent() -> None:
    """Nobody waits for what is made here any more, and the next run removes the folder that it is made in."""
    # past the buffer, whose lock a thread that waits would keep from the end of the interpreter
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _main() -> int:
    from callback_survey.documents.marts import open_frozen

    release, folder, formats, heading = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    logging.getLogger("callback_survey").addHandler(_Warnings(logging.WARNING))
    try:
        with closing(open_frozen(release)) as marts:
            write(
                marts,
                release,
                folder,
                schema="main",
                formats=formats,
                heading=heading,
                begin=lambda part: _tell("part", part),
            )
    except SurveyError as error:
        names = ("what", "where", "expected", "next_step")
        _tell("error", {name: text for name in names if (text := getattr(error, name))})
        return _TOLD
    except Exception as error:
        _tell("error", {"what": type(error).__name__})  # its text may quote a cell; the log has it
        raise
    return 0


if __name__ == "__main__":
    sys.exit(_main())
