"""What a Chinese reader sees over tables and columns: one list, complete, and of nothing that is not served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import marts_doc
from callback_survey.storage.files import read_json
from callback_survey.warehouse.published import Labels, published_tables


@pytest.fixture(scope="module")
def labels(compiled_project: Path) -> Labels:
    return Labels.read(read_json(compiled_project))


def test_every_served_table_and_column_has_a_chinese_label(compiled_project: Path, labels: Labels) -> None:
    bare = [
        f"{table.name}.{column.name}".removesuffix(".")
        for table in marts_doc.served_tables(compiled_project)
        for column in (marts_doc.Column("", "", "", table.label), *table.columns)
        if not re.search("[\u4e00-\u9fff]", column.label)
    ]
    assert bare == []


def test_no_label_is_of_a_table_or_column_that_is_not_served(compiled_project: Path, labels: Labels) -> None:
    tables = marts_doc.served_tables(compiled_project)
    columns = {column.name for table in tables for column in table.columns}
    full = {f"{table.name}.{column.name}" for table in tables for column in table.columns}
    assert set(labels.tables) == {table.name for table in tables}
    assert set(labels.names) - columns - full == set()


def test_a_name_that_means_two_things_has_the_label_of_its_table() -> None:
    labels = Labels({}, {"reason": "理由", "releases.reason": "新版原因"})
    assert (labels.column("releases", "reason"), labels.column("disclosure_rules", "reason")) == ("新版原因", "理由")
    assert labels.column("releases", "unknown") == ""


def test_a_release_freezes_the_labels_with_its_tables(compiled_project: Path) -> None:
    (rates,) = (table for table in published_tables(compiled_project) if table.name == "region_rates")
    assert (rates.label, rates.column_labels["average_pct"]) == ("地区平均", "平均（%）")
