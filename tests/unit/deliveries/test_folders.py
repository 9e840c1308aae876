"""Which folders are deliveries, and that one with nearly the right name is told and not read by guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from callback_survey.deliveries import folders
from callback_survey.deliveries.delivery import Delivery
from callback_survey.errors import DeliveryMisplaced
from callback_survey.quarter import Quarter
from export_deliveries import FILES, write_delivery

Q1 = Quarter(2018, 1)
NEARLY = [
    *("2018q1", "2018-Q1", "2018_q1", "2018 Q1", "2018Q01", "２０１８Ｑ１", "2018.Q1", "2018Q1 ", "2018-1Q"),
    *("2018年一季度", "2018年第一季度", "2018年1季度", "2018年第1季度", "2018一季度", "2018第一季度数据"),
    *("Q1 2018", "Q1-2018", "1Q2018", "第一季度2018", "2018Q1 - 副本", "2018Q1(1)", "2018Q1_更正", "2018 quarter 1"),
]
OTHER = ["2018", "201801", "2018-01", "2018Q5", "2018Q12", "2018Q2", "旧数据", "frame", "20181", "2018年"]


def test_deliveries_of_a_quarter_are_found_by_region_in_order(tmp_path: Path) -> None:
    for region, quarter in [("330110", "2018Q1"), ("330109", "2018Q1"), ("330109", "2018Q2")]:
        write_delivery(tmp_path, FILES, region=region, quarter=quarter)
    found = folders.discover(tmp_path, Q1)
    assert [delivery.name for delivery in found] == ["330109 2018Q1", "330110 2018Q1"]
    assert [delivery.region_code for delivery in folders.discover(tmp_path, Q1, "330110")] == ["330110"]
    assert folders.discover(tmp_path, Q1, "330111") == []


def test_what_is_no_region_or_holds_nothing_is_no_delivery(tmp_path: Path) -> None:
    for name in ("README", "33010", "3301099", "33010a"):
        (tmp_path / name / "2018Q1").mkdir(parents=True)
        (tmp_path / name / "2018Q1" / "frame.csv").touch()
    (tmp_path / "330109" / "2018Q1").mkdir(parents=True)
    (tmp_path / "330110").write_text("a file", encoding="utf-8")
    assert folders.discover(tmp_path, Q1) == []
    assert folders.discover(tmp_path / "not there", Q1) == []


@pytest.mark.parametrize("name", NEARLY)
def test_a_folder_of_nearly_the_right_name_is_found_and_refused_with_the_right_one(tmp_path: Path, name: str) -> None:
    write_delivery(tmp_path, FILES, quarter=name)
    [delivery] = folders.discover(tmp_path, Q1)
    with pytest.raises(DeliveryMisplaced) as refused:
        folders.verify_name(delivery)
    assert refused.value.alert_lines == [f"330109/{name} is not read; expected the name 330109/2018Q1"]
    assert refused.value.next_step == "rename it to 330109/2018Q1, then run the quarter again"
    assert refused.value.exit_code == 3


@pytest.mark.parametrize("name", OTHER)
def test_another_name_is_no_spelling_of_the_quarter(tmp_path: Path, name: str) -> None:
    write_delivery(tmp_path, FILES, quarter=name)
    assert folders.discover(tmp_path, Q1) == []


@pytest.mark.parametrize("name", NEARLY)
def test_beside_the_right_folder_it_is_remarked_as_not_read(tmp_path: Path, name: str) -> None:
    right = write_delivery(tmp_path, FILES)
    write_delivery(tmp_path, FILES, quarter=name)
    assert folders.discover(tmp_path, Q1) == [right]
    folders.verify_name(right)
    assert folders.beside(right) == [f"{name}, beside 2018Q1: was not read"]


def test_a_folder_that_a_person_named_for_themselves_has_no_neighbours(tmp_path: Path) -> None:
    write_delivery(tmp_path, FILES)
    assert folders.beside(Delivery("330109", "2018Q1", tmp_path / "330109")) == []


def test_an_archive_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "330109").mkdir()
    (tmp_path / "330109" / "2018Q1.zip").write_bytes(b"PK")
    [delivery] = folders.discover(tmp_path, Q1)
    with pytest.raises(DeliveryMisplaced, match="does not have the name") as refused:
        folders.verify_name(delivery)
    assert refused.value.alert_lines == ["330109/2018Q1.zip is a file; expected a folder 330109/2018Q1 that holds it"]


@pytest.mark.parametrize("name", ["330109萧山区", "萧山区_330109", "330109000000", "330109 "])
def test_a_region_named_by_more_than_its_code_is_told(tmp_path: Path, name: str) -> None:
    write_delivery(tmp_path, FILES, region=name)
    [delivery] = folders.discover(tmp_path, Q1)
    assert delivery.region_code == "330109"
    with pytest.raises(DeliveryMisplaced) as refused:
        folders.verify_name(delivery)
    assert refused.value.alert_lines == [f"{name}/2018Q1 is not read; expected the name 330109/2018Q1"]


def test_what_is_named_like_neither_is_told_where_nothing_was_found(tmp_path: Path) -> None:
    for name in ("萧山区/2018Q1", "330109/旧数据", "330110/2018Q2"):
        (tmp_path / name).mkdir(parents=True)
    assert folders.named_otherwise(tmp_path) == [
        "330109/旧数据: not the name of a quarter's folder; expected one such as 2018Q1",
        "萧山区: not the name of a region's folder; expected six digits, such as 123456",
    ]
    assert folders.named_otherwise(tmp_path / "gone") == [f"{tmp_path / 'gone'}: there is no such folder"]
