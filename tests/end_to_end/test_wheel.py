"""The package as a wheel, in an empty directory and without the repository: the five commands of docs/instance.md lead to figures."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from deliveries import OFFICES, encoded, rows_of
from homes import REPOSITORY

PAGE = REPOSITORY / "docs" / "instance.md"
SOURCES = ("src", "dags", "dbt_project", "expectations")
IGNORED = shutil.ignore_patterns("target", "logs", "*.egg-info", "__pycache__")


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel, whose dependencies are those of the tests, and an empty folder to work in."""

    environment: Path
    folder: Path

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """A script as a person types it, with nothing of this repository or of other settings in its environment."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(("CALLBACK_SURVEY_", "PYTHON"))}
        variables = {
            **own,
            "PATH": f"{self.environment / 'bin'}:{os.environ['PATH']}",
            "CALLBACK_SURVEY_DOCUMENTS": "html",
        }
        return subprocess.run(
            ["sh", "-c", script], cwd=self.folder, env=variables, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    for name in SOURCES:
        shutil.copytree(REPOSITORY / name, sources / name, ignore=IGNORED)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, sources)
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    run([sys.executable, "-c", build, str(folder)], cwd=sources)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    run([sys.executable, "-m", "venv", str(environment)], cwd=folder)
    run([str(environment / "bin" / "pip"), "install", "--quiet", "--no-deps", "--no-index", str(wheel)], cwd=folder)
    (packages,) = environment.glob("lib/python*/site-packages")
    # a path alone: what makes the repository importable in the tests' own environment is not followed from here
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")
    shutil.rmtree(sources)
    (folder / "empty").mkdir()
    return Installed(environment, folder / "empty")


def run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def commands() -> list[str]:
    """The lines of the page's section, as they are written there."""
    section = PAGE.read_text(encoding="utf-8").partition("## From a folder of files to figures")[2]
    return re.findall(r"```\n(.*?)```", section, flags=re.DOTALL)[0].splitlines()


def test_the_page_leads_from_a_folder_of_files_to_figures(installed: Installed) -> None:
    init, settings, *others = commands()
    assert [command.split()[1] for command in others] == ["manifest", "register", "register", "run"]
    made = installed.shell(init)
    assert made.returncode == 0, made.stderr
    survey = installed.folder / "survey"
    for name, rows in rows_of(OFFICES).items():
        target = survey / "exports" / "330110" / "2018Q1" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(encoded(rows))
    before = {path: path.read_bytes() for path in survey.rglob("*") if path.is_file()}
    for command in others:
        done = installed.shell(f"{settings}\n{command}")
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        if "propose" in command:  # then a person puts the lines into the registers
            drafted = done.stdout.split("==> departments.csv\n")[1].split("\n\n")[0]
            with (survey / "registers" / "departments.csv").open("a", encoding="utf-8") as register:
                register.write(f"{drafted}\n")
            with (survey / "registers" / "disclosure_rules.csv").open("a", encoding="utf-8") as register:
                register.write("330110,true,,,,编造的数据,2018Q1,\n")
    assert "满意率" in done.stdout and "75.00" in done.stdout
    changed = [path.name for path, content in before.items() if path.read_bytes() != content]
    assert sorted(changed) == ["departments.csv", "disclosure_rules.csv"], "a run writes into home/ alone"
    assert sorted(path.name for path in installed.folder.iterdir()) == ["survey"]


def test_the_wheel_brings_the_dags_the_models_and_the_plugin(installed: Installed) -> None:
    script = """python - <<'END'
from importlib.metadata import entry_points
from callback_survey.airflow.run import dags_folder
from callback_survey.releases.code_version import code_version
from callback_survey.settings import load_settings
plugins = [point.value for point in entry_points(group="airflow.plugins") if point.name == "callback_survey"]
print(*sorted(path.name for path in dags_folder().glob("*.py")), load_settings().dbt_project, *plugins, code_version(), sep="\\n")
END"""
    done = installed.shell(script)
    assert done.returncode == 0, done.stderr
    *dags, project, plugin, version = done.stdout.splitlines()
    assert dags == ["callback_notice.py", "callback_quarter.py", "callback_retention.py", "callback_watch.py"]
    assert Path(project).is_relative_to(installed.environment)
    assert plugin == "callback_survey.airflow.pages:CallbackSurveyPlugin"
    from callback_survey.releases.code_version import code_version

    assert version == code_version(), "the same code has the same hash as a checkout"
