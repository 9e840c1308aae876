"""Which code is running: the package's version, and a hash over its files."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from callback_survey import __version__

_SOURCES = (".py", ".sql", ".toml", ".j2", ".css", ".csv", ".docx")

# counted apart, or of no weight for figures; the dbt project has a fingerprint of its own
_ELSEWHERE = ("expectations", "dags", "dbt_project")


@cache
def code_version() -> str:
    """Such as `0.1.0+5f3a…`. The same code has the same hash as a wheel, in a container, and as a checkout with changes
    that nobody committed: a commit's name would be missing in the first two and untrue in the third."""
    digest = sha256()
    checks = find_spec("callback_survey.expectations")
    for folder in (Path(__file__).parents[1], *map(Path, (checks and checks.submodule_search_locations) or ())):
        # in a wheel the second folder lies in the first, and so does what a checkout has beside the sources
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts):
            name = path.relative_to(folder)
            if path.suffix in _SOURCES and name.parts[0] not in _ELSEWHERE:
                digest.update(name.as_posix().encode() + b"\0" + path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"
