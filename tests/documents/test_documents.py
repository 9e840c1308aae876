"""What a reader is told is true: commands exist, links lead somewhere, the description of the marts is that of the marts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from homes import Served

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("sample_exports/*.md")])
TRACKED_TEXT = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split("\0")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert broken == []


def anchors(document: Path) -> set[str]:
    """The sections of a page that a link can name: those given by hand, and those made of a heading."""
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    made = (
        re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    )
    return {*made, *re.findall(r'<a id="([^"]+)"></a>', text)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_section_leads_to_one(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", document.read_text(encoding="utf-8"))
    pages = [(document.parent / page if page else document, section) for page, section in links]
    assert [section for page, section in pages if page.suffix == ".md" and section not in anchors(page)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8")))
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_named_exists_with_its_options(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from callback_survey.cli.main import main

    text = document.read_text(encoding="utf-8")
    for command, options in re.findall(
        r"callback-survey ((?:airflow |alerts |register |releases )?[a-z]+(?:-[a-z]+)?)((?: +\S+)*)", text
    ):
        if command.split()[0] not in (
            "alerts",
            "backup",
            "restore",
            "doctor",
            "init",
            "manifest",
            "status",
            "verify",
            "run",
            "plan",
            "deliveries",
            "rejects",
            "rotate-key",
            "checks",
            "accept",
            "airflow",
            "register",
            "releases",
            "notice",
            "approve",
            "reject",
            "watch",
        ):
            continue
        with pytest.raises(SystemExit) as stopped:
            main([*command.split(), "--help"])
        assert stopped.value.code == 0, command
        helped = capsys.readouterr().out
        for option in re.findall(r"(?<!\S)--[a-z-]+", options):
            assert option in helped, f"{command} {option}"


def test_the_description_of_the_marts_is_generated_from_the_marts(served: Served) -> None:
    manifest = served.home.path / "warehouse" / "dbt" / "manifest.json"
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "marts_doc.py"), "--check", "--manifest", str(manifest)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_reference_is_what_help_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "command_reference.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_of_settings_has_every_variable_with_its_default() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? *\|", page.partition("\n## make\n")[0], flags=re.MULTILINE)
    # a shell reads the file, so what has spaces is in quotes
    assert sorted(rows) == sorted(re.findall(r'^#(\w+)="?(.*?)"?$', example, flags=re.MULTILINE))


def test_every_setting_that_is_read_is_documented() -> None:
    read = set(
        re.findall(r'value\("([A-Z_]+)"\)', (ROOT / "src/callback_survey/settings.py").read_text(encoding="utf-8"))
    )
    documented = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert read
    assert [name for name in sorted(read) if f"CALLBACK_SURVEY_{name}" not in documented] == []


def test_the_repository_names_no_registry_and_no_path_of_one_machine() -> None:
    forbidden = re.compile(
        r"--(extra-)?index-url|registry[ ]= |https?://[^ \"]+/simple/|(^|[^A-Za-z0-9_./-])/(root|home/[a-z]+)/"
    )
    found = []
    for name in filter(None, TRACKED_TEXT):
        path = ROOT / name
        if path == Path(__file__).resolve() or not path.is_file() or path.suffix in (".gz", ".png", ".xz"):
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [f"{name}:{number}" for number, line in enumerate(lines, start=1) if forbidden.search(line)]
    assert found == []
