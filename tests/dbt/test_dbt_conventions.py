"""The dbt project keeps its conventions (dbt-bouncer.yml), and each of them is one that can be broken."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from homes import REPOSITORY, Served

Manifest = dict[str, Any]
CONFIG = REPOSITORY / "dbt-bouncer.yml"


@dataclass(frozen=True)
class Verdict:
    code: int
    said: str
    failed: dict[str, list[str]]


def model(manifest: Manifest, name: str) -> dict[str, Any]:
    found: dict[str, Any] = manifest["nodes"][f"model.callback_survey.{name}"]
    return found


def first(manifest: Manifest, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(node for node in manifest["nodes"].values() if node["resource_type"] == kind)
    return found


def own_macro(manifest: Manifest, name: str) -> dict[str, Any]:
    found: dict[str, Any] = manifest["macros"][f"macro.callback_survey.{name}"]
    return found


def moved(node: dict[str, Any], path: str) -> None:
    node["original_file_path"] = f"models/{path}"
    node["path"] = path


def reads(node: dict[str, Any], unique_id: str) -> None:
    node["depends_on"]["nodes"].append(unique_id)


def without_tests(manifest: Manifest, name: str) -> None:
    unique_id = f"model.callback_survey.{name}"
    for key in [key for key, node in manifest["nodes"].items() if node.get("attached_node") == unique_id]:
        del manifest["nodes"][key]


def without_unit_tests(manifest: Manifest, name: str) -> None:
    for key in [key for key in manifest["unit_tests"] if key.split(".")[2] == name]:
        del manifest["unit_tests"][key]


def unread(manifest: Manifest, name: str) -> None:
    unique_id = f"model.callback_survey.{name}"
    for node in [*manifest["nodes"].values(), *manifest["exposures"].values()]:
        if unique_id in node.get("depends_on", {}).get("nodes", []):
            node["depends_on"]["nodes"].remove(unique_id)
    manifest["child_map"][unique_id] = []


def unexposed(manifest: Manifest, name: str) -> None:
    for exposure in manifest["exposures"].values():
        exposure["depends_on"]["nodes"] = [key for key in exposure["depends_on"]["nodes"] if not key.endswith(name)]


def exposing_a_view(manifest: Manifest) -> None:
    model(manifest, "below_average")["config"]["materialized"] = "view"


def column_types(manifest: Manifest, name: str, column: str, data_type: str | None) -> None:
    model(manifest, name)["columns"][column]["data_type"] = data_type


def described(node: dict[str, Any], text: str = "") -> None:
    node["description"] = text


def set_to(node: dict[str, Any], key: str, value: object) -> None:
    node[key] = value


# In the order of dbt-bouncer.yml: for every entry there, the check's name and a fault it must find.
FAULTS: tuple[tuple[str, Callable[[Manifest], object]], ...] = (
    ("check_model_directories", lambda m: moved(model(m, "int_annex_figures"), "staged/int_annex_figures.sql")),
    ("check_model_names", lambda m: set_to(model(m, "stg_calls"), "name", "calls")),
    ("check_model_names", lambda m: set_to(model(m, "int_frame"), "name", "frame")),
    ("check_model_names", lambda m: set_to(model(m, "region_rates"), "name", "fct_region_rates")),
    ("check_model_names", lambda m: set_to(model(m, "region_rankings"), "name", "mart_region_rankings")),
    ("check_seed_names", lambda m: set_to(first(m, "seed"), "name", "seed_thresholds")),
    (
        "check_model_documented_in_same_directory",
        lambda m: set_to(model(m, "int_frame"), "patch_path", "callback_survey://models/marts/int_frame.yml"),
    ),
    (
        "check_model_column_names",
        lambda m: set_to(model(m, "int_frame")["columns"], "CaseId", {"name": "CaseId", "description": "No."}),
    ),
    (
        "check_lineage_source_cannot_be_used",
        lambda m: reads(model(m, "int_case_answers"), "source.callback_survey.raw.calls"),
    ),
    (
        "check_lineage_permitted_upstream_models",
        lambda m: reads(model(m, "stg_frame"), "model.callback_survey.int_frame"),
    ),
    (
        "check_lineage_permitted_upstream_models",
        lambda m: reads(model(m, "int_answer_counts"), "model.callback_survey.region_rates"),
    ),
    (
        "check_lineage_permitted_upstream_models",
        lambda m: reads(model(m, "region_rates"), "model.callback_survey.stg_calls"),
    ),
    (
        "check_lineage_permitted_upstream_models",
        lambda m: reads(model(m, "int_region_figures"), "model.callback_survey.int_region_averages"),
    ),
    (
        "check_source_used_by_only_one_model",
        lambda m: reads(model(m, "stg_frame"), "source.callback_survey.raw.calls"),
    ),
    ("check_model_min_downstream_models", lambda m: unread(m, "int_region_benchmarks")),
    (
        "check_model_hard_coded_references",
        lambda m: set_to(model(m, "stg_calls"), "raw_code", "select a from raw.calls"),
    ),
    ("check_model_description_populated", lambda m: described(model(m, "int_frame"), "The frame.")),
    ("check_seed_description_populated", lambda m: described(first(m, "seed"))),
    (
        "check_source_description_populated",
        lambda m: described(m["sources"]["source.callback_survey.raw.calls"], "Calls."),
    ),
    ("check_macro_description_populated", lambda m: described(own_macro(m, "pct"))),
    (
        "check_macro_arguments_description_populated",
        lambda m: described(own_macro(m, "rate")["arguments"][0]),
    ),
    (
        "check_model_has_contracts_enforced",
        lambda m: set_to(model(m, "dim_regions")["contract"], "enforced", False),
    ),
    (
        "check_model_columns_have_types",
        lambda m: column_types(m, "dim_regions", "region_name", None),
    ),
    ("check_model_has_meta_keys", lambda m: model(m, "dim_quarters")["meta"].pop("order_by")),
    ("check_model_has_exposure", lambda m: unexposed(m, "dim_measures")),
    (
        "check_exposure_has_owner",
        lambda m: set_to(m["exposures"]["exposure.callback_survey.callback_restricted"], "owner", {"email": "a@b.c"}),
    ),
    (
        "check_exposure_description_populated",
        lambda m: described(m["exposures"]["exposure.callback_survey.callback_restricted"], "Records."),
    ),
    ("check_exposure_based_on_view", exposing_a_view),
    (
        "check_model_column_name_complies_to_column_type",
        lambda m: column_types(m, "below_average", "gap_pct", "double"),
    ),
    (
        "check_model_column_type_complies_to_column_name",
        lambda m: column_types(m, "below_average", "gap_pct", "boolean"),
    ),
    ("check_model_has_unique_test", lambda m: without_tests(m, "reconciliation")),
    ("check_model_has_unit_tests", lambda m: without_unit_tests(m, "reconciliation")),
)


def judged(manifest: Manifest, folder: Path) -> Verdict:
    """What `scripts/dbt_lint`, which `make lint` calls, says of a manifest: failures by the check's place in the file."""
    results = folder / "results.json"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    done = subprocess.run(
        [str(REPOSITORY / "scripts" / "dbt_lint"), str(folder / "manifest.json")],
        env={**os.environ, "DBT_LINT_RESULTS": str(results)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert results.is_file(), done.stdout + done.stderr
    failed: dict[str, list[str]] = {}
    for result in json.loads(results.read_text(encoding="utf-8")):
        check, place, *_ = result["check_run_id"].split(":")
        if result["outcome"] != "success":
            failed.setdefault(f"{place} {check}", []).append(result["failure_message"])
    return Verdict(done.returncode, done.stdout + done.stderr, failed)


@pytest.fixture(scope="module")
def manifest(served: Served) -> Manifest:
    loaded: Manifest = json.loads((served.home.path / "warehouse" / "dbt" / "manifest.json").read_text("utf-8"))
    return loaded


def test_the_project_keeps_its_conventions(manifest: Manifest, tmp_path: Path) -> None:
    verdict = judged(manifest, tmp_path)
    assert (verdict.code, verdict.failed) == (0, {}), verdict.said


def test_each_convention_is_one_that_can_be_broken(manifest: Manifest, tmp_path: Path) -> None:
    """One manifest in which every check of the file has a fault of its own to find."""
    entries = [entry["name"] for entry in yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["manifest_checks"]]
    assert entries == [name for name, _ in FAULTS]
    # two manifests by turns, as the two faults of `gap_pct` exclude each other
    manifests = [copy.deepcopy(manifest), copy.deepcopy(manifest)]
    for place, (_, fault) in enumerate(FAULTS):
        fault(manifests[place % 2])
    failed = set()
    for place, broken in enumerate(manifests):
        folder = tmp_path / str(place)
        folder.mkdir()
        verdict = judged(broken, folder)
        assert verdict.code == 1
        failed |= set(verdict.failed)
    assert failed == {f"{place} {name}" for place, name in enumerate(entries)}


def test_make_lint_asks_for_them() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition("\nlint:")[2].partition("\n\n")[0]
    assert "scripts/dbt_lint" in recipe
