"""What a gate answered, kept for the next run that asks the same: the same rows, judged by the same checks, rules and registers.

A gate is a function of these. Asking it costs three seconds of CPU where nothing else of a run costs one, and a run over ninety
districts of which one was corrected would ask it ninety times.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from callback_survey.checks.model import CheckReport, now
from callback_survey.errors import DamagedFile
from callback_survey.storage import files

logger = logging.getLogger(__name__)

# what decides how a check is computed, besides the program itself
_LIBRARIES = ("great_expectations", "pandas", "duckdb")


def find(path: Path, question: str, *, run_id: str) -> CheckReport | None:
    """What was answered to the same question (`question_of`), as this run's answer. None where it is to be asked; also where what is
    kept at `path` cannot be read."""
    try:
        kept = files.read_json(path)
        if kept["question"] == question:
            return CheckReport.from_json({**kept["report"], "run_id": run_id, "checked_at": now()})
    except (FileNotFoundError, DamagedFile, KeyError, TypeError):
        pass
    return None


def keep(path: Path, question: str, report: CheckReport) -> None:
    """For whoever asks the same again. An answer with a check that raised is not kept: it may have lacked memory or a disk."""
    if all(result.outcome != "error" for result in report.results):
        try:
            files.write_json(path, {"question": question, "report": asdict(report)})
        except OSError as error:  # the verdict stands; it is asked for again
            logger.warning("%s: an answer could not be kept: %s", path, error)


def question_of(rows: Sequence[Any], seeds: Path, code: str) -> str:
    """What a gate is asked, as a hash. `rows` is what identifies the rows it is about, as JSON values; `code` is the program that asks,
    by the rules and registers in `seeds`."""
    libraries = [metadata.version(name) for name in _LIBRARIES]
    digest = hashlib.sha256(json.dumps([rows, code, libraries], ensure_ascii=False, sort_keys=True).encode())
    for path in sorted(seeds.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
