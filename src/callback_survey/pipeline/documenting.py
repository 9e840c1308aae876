"""The documents that served revisions lack: made side by side after the tables are served, and frozen one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue

from callback_survey import releases
from callback_survey.documents import write
from callback_survey.documents.notice.own_texts import own_texts
from callback_survey.errors import DamagedFile, DocumentsFailed
from callback_survey.releases import Release, documents
from callback_survey.run import Run
from callback_survey.scope import Scope
from callback_survey.settings import Settings
from callback_survey.storage import modes

logger = logging.getLogger(__name__)

Problem = DocumentsFailed | DamagedFile


@dataclass(frozen=True)
class Documented:
    """The revisions that have their documents now, and why the others have none. Those are served all the same, and the next run
    tries again."""

    made: tuple[Release, ...]
    failed: tuple[Problem, ...]

    def lacks(self, scope: Scope) -> bool:
        return any(
            (problem.region_code, problem.quarter) == (scope.region_code, scope.quarter) for problem in self.failed
        )


def lacking(settings: Settings, region_code: str | None = None) -> list[Release]:
    """What is served of a region, or of all, without documents: what this run released, and what a killed one left."""
    return [one for one in releases.take(settings.releases, region_code).served if not releases.has_documents(one)]


def document(run: Run, region_code: str | None = None, *, workers: int | None = None) -> Documented:
    """Make what is lacking, `workers` revisions at a time. What cannot be made of one holds back no other."""
    with run.progress.step("documents", region_code or "") as step, modes.served_to(run.settings.readers):
        wanted = lacking(run.settings, region_code)
        made: list[Release] = []
        failed: list[Problem] = []
        for count, (release, problem) in enumerate(
            _side_by_side(run, wanted, workers or run.settings.workers), start=1
        ):
            if problem is None:
                made.append(release)
            else:
                failed.append(problem)
                logger.error("%s", problem)
            if len(wanted) > 1:
                step.say(f"{count}/{len(wanted)} {release.name}")
        made.sort(key=lambda release: release.key)
        failed.sort(key=lambda problem: (problem.region_code or "", problem.quarter or ""))
        not_made = [f"not made: {problem.region_code} {problem.quarter}" for problem in failed]
        step.result = "; ".join([", ".join(release.name for release in made) or "nothing new", *not_made])
    return Documented(tuple(made), tuple(failed))


def require_made(documented: Documented) -> None:
    """Raises what kept documents from being made, after the others are there and told of."""
    if len(documented.failed) == 1:
        raise documented.failed[0]
    if documented.failed:
        first = documented.failed[0]
        raise DocumentsFailed(
            f"the documents of {len(documented.failed)} releases could not be made",
            next_step=first.next_step,
            quarter=first.quarter,
            alert_lines=[line for problem in documented.failed for line in (problem.what, *problem.told)],
        )


def _side_by_side(run: Run, wanted: Sequence[Release], workers: int) -> Iterator[tuple[Release, Problem | None]]:
    """Each revision as soon as it is done, with what is wrong where its documents could not be made."""
    with ExitStack() as ending, ThreadPoolExecutor(max_workers=workers) as pool:
        # a thread waits for a process: nothing is made in it
        idle: SimpleQueue[write.Maker] = SimpleQueue()
        for _ in range(workers):
            idle.put(ending.enter_context(write.Maker()))
        waiting = {pool.submit(_make, run, release, idle): release for release in wanted}
        try:
            for done in as_completed(waiting):
                error = done.exception()
                if error is not None and not isinstance(error, (DocumentsFailed, DamagedFile)):
                    raise error
                yield waiting[done], error
        finally:
            pool.shutdown(cancel_futures=True)


def _make(run: Run, release: Release, idle: SimpleQueue[write.Maker]) -> None:
    settings = run.settings
    with documents.alone(release):
        if releases.has_documents(release):  # another run was here first
            return
        documents.verify_proof(release)
        heading = own_texts(settings.notices, release.scope).heading
        maker = idle.get()
        try:
            with documents.aside(release) as written:
                write.write_apart(release, written, formats=settings.documents, heading=heading, maker=maker)
                documents.freeze(release, written)
        finally:
            idle.put(maker)
