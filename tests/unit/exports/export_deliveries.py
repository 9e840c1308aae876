"""Deliveries with their manifests, whole until a test changes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from export_writers import CALLS_HEADER, CASE, HEAD, ONE_CALL, as_csv

from callback_survey.errors import DeliveryRefused
from callback_survey.exports import delivery as deliveries
from callback_survey.exports.delivery import Delivery

FRAME = f"{HEAD}\n{CASE}\n".encode()
CALLS = as_csv([CALLS_HEADER, ONE_CALL]).encode()
FILES = {"frame.csv": (FRAME, 1), "calls-001.csv": (CALLS, 1)}
Files = Mapping[str, tuple[bytes, int]]


def write_delivery(
    exports: Path, files: Files, *, region: str = "330109", quarter: str = "2018Q1", note: str | None = None
) -> Delivery:
    """A complete delivery; `files` maps a name to its bytes and the records its manifest lists."""
    folder = exports / region / quarter
    folder.mkdir(parents=True, exist_ok=True)
    for name, (content, _) in files.items():
        (folder / name).write_bytes(content)
    listed = [
        {"name": name, "rows": rows, "sha256": hashlib.sha256(content).hexdigest()}
        for name, (content, rows) in files.items()
    ]
    manifest: dict[str, Any] = {"files": listed, **({"note": note} if note else {})}
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return Delivery(region, quarter, folder)


def tree_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes: equal trees mean nothing was written."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def rewrite_manifest(delivery: Delivery, change: Any) -> None:
    path = delivery.folder / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(change(document) or document), encoding="utf-8")


def faults_of(delivery: Delivery, **options: bool) -> list[str]:
    with pytest.raises(DeliveryRefused) as refused:
        deliveries.verify(delivery, **options)
    error = refused.value
    assert (error.region_code, error.quarter) == ("330109", "2018Q1")
    assert "ask the sender for the whole folder again" in str(error)
    return error.alert_lines
