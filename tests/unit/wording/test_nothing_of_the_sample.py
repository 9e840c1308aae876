"""The product names no district: what belongs to the sample stands in its own folder."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
SAMPLE = re.compile("330109|330110|萧|余杭|Xiaoshan", re.IGNORECASE)
PRODUCT = (
    "src/**/*.py",
    "src/**/*.toml",
    "src/**/*.j2",
    "src/**/*.md",
    "src/**/*.sql",
    "dags/*.py",
    "expectations/*.py",
)
RULES = ("dbt_project/seeds/*", "dbt_project/macros/*", "dbt_project/models/*.md", "dbt_project/models/**/*.sql")


def test_no_file_of_the_product_names_the_districts_of_the_sample() -> None:
    files = [path for pattern in (*PRODUCT, *RULES) for path in REPOSITORY.glob(pattern)]
    assert len(files) > 300
    named = [
        f"{path.relative_to(REPOSITORY)}: {found[0]}"
        for path in files
        if (found := SAMPLE.search(path.read_text(encoding="utf-8")))
    ]
    assert not named, "\n".join(named)
