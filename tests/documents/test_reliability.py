"""The tables of faults and of threats are true as far as a test can tell: each test that they name exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("reliability.md", "security.md")]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", "\n".join(DOCUMENTS))))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert name in functions if name else any(function.startswith("test_") for function in functions)


def test_every_module_of_faults_stands_in_the_tables() -> None:
    in_tables = {path for path, _ in NAMED}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "faults").glob("test_*.py")}
    # these are about what a gate says, not about what breaks
    about_gates = {"accepted_failures", "alerts_arrive", "called_outside_frame", "corrections"}
    assert modules - in_tables == {f"tests/faults/test_{name}.py" for name in about_gates}
