"""The documents of a release: what people read of it. Written from the release's marts alone, as drafts and again when issued.

They are made in processes of their own: the libraries that draw charts and set pages are not Python, and what they cannot bear
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
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from callback_survey.documents.notice.heading import DRAFT, Heading
from callback_survey.errors import DocumentsFailed, SurveyError

if TYPE_CHECKING:
    import duckdb

    from callback_survey.releases import Release
    from callback_survey.setting_values import Format

logger = logging.getLogger(__name__)

MOST_SECONDS = 1200
# -P: a module beside the exports must not be taken for one of ours
_COMMAND = [sys.executable, "-P", "-m", "callback_survey.documents.write"]
_TOLD = 3  # the child's exit code when it has said what is wrong


def write_apart(
    release: Release, folder: Path, *, formats: Sequence[Format], heading: Heading = DRAFT, maker: Maker | None = None
) -> None:
    """Write a release's documents into `folder`, which the caller writes aside or owns, from its frozen marts; by a `maker` that has
    made others before, else by one of its own.

    The same marts and heading give the same documents. Raises DocumentsFailed, which names the release and the document, where
    they cannot be made, also where the process that makes them ends.
    """
    with nullcontext(maker) if maker is not None else Maker() as making:
        making.write(release, folder, formats, heading)


class Maker:
    """A process that makes the documents of one release after another: it reads the fonts, and starts what draws charts, once.
    One that ended over a release is replaced for the next."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._complaint: _Kept | None = None

    def __enter__(self) -> Maker:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def write(self, release: Release, folder: Path, formats: Sequence[Format], heading: Heading) -> None:
        child = self._child or self._start()
        overdue = threading.Timer(MOST_SECONDS, child.kill)
        overdue.start()
        is_made, code, complaint = False, 0, ""
        try:
            # stdin stays open: its end tells the child that nobody waits any more
            with suppress(BrokenPipeError):
                pickle.dump((release, folder, tuple(formats), heading), _open(child.stdin))
                _open(child.stdin).flush()
            part, error, is_made = _follow(_open(child.stdout))
            if not is_made:
                code = child.wait()
        finally:
            overdue.cancel()
            if not is_made:
                complaint = self._end()
        if not is_made:
            logger.error("documents of %s: exit code %s\n%s", release.name, code, complaint)
            raise _failed(release, part, error or {"what": f"the process that makes it ended with exit code {code}"})

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe)
        self._complaint = _Kept(self._child.stderr)
        return self._child

    def _end(self) -> str:
        """End the child, whatever it is at. Returns the end of what it said besides."""
        child, complaint = self._child, self._complaint
        self._child = self._complaint = None
        if child is None or complaint is None:
            return ""
        child.kill()
        complaint.join()
        with suppress(BrokenPipeError), child:  # closes the pipes, and waits
            pass
        return complaint.text


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


def _follow(lines: IO[bytes]) -> tuple[str | None, dict[str, str] | None, bool]:
    """The part of a release that was begun last, what was said to be wrong, and whether all of it is made."""
    part, error = None, None
    for line in lines:
        told = json.loads(line)
        if "made" in told:
            return part, error, True
        part, error = told.get("part", part), told.get("error", error)
        if "warning" in told:
            logger.warning("%s", told["warning"])
    return part, error, False


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
    companion.write(
        connection,
        release,
        folder,
        schema=schema,
        formats=formats,
        cases=heading.texts.cases,
        correction=heading.correction.sentence if heading.correction else "",
        contact=heading.texts.contact,
        # they are for each department's own use, and are handed out from the draft
        has_departments=heading.is_draft,
        begin=begin,
    )


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _tell("warning", record.getMessage())


def _tell(name: str, value: Any) -> None:
    print(json.dumps({name: value}), flush=True)


def _hear(asked: SimpleQueue[Any]) -> None:
    """What the parent asks for. Its end is ours: nobody waits for what is being made, and the next run removes where it is made."""
    try:
        while True:
            asked.put(pickle.load(sys.stdin.buffer))
    finally:
        os._exit(1)


def _main() -> int:
    """Returns where a release could not be made: whatever it left in this process, the next one begins without."""
    asked: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_hear, args=(asked,), daemon=True).start()
    logging.getLogger("callback_survey").addHandler(_Warnings(logging.WARNING))
    while True:
        try:
            _make(*asked.get())
        except SurveyError as error:
            names = ("what", "where", "expected", "next_step")
            _tell("error", {name: text for name in names if (text := getattr(error, name))})
            return _TOLD
        except OSError as error:
            where = {"where": str(error.filename)} if error.filename else {}
            _tell("error", {"what": error.strerror or type(error).__name__, **where})
            traceback.print_exc()
            return 1
        except Exception as error:
            _tell("error", {"what": type(error).__name__})  # its text may quote a cell; the log has it
            traceback.print_exc()
            return 1
        _tell("made", True)


def _make(release: Release, folder: Path, formats: Sequence[Format], heading: Heading) -> None:
    from callback_survey.documents.marts import open_frozen

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


if __name__ == "__main__":
    # past the end of the interpreter, which would wait for the lock of a reader that waits
    os._exit(_main())
