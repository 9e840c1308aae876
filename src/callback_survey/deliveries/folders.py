"""Which folders of the exports are deliveries, and what lies there under nearly the right name: told, and never read by guess."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from callback_survey.deliveries.delivery import Delivery, refused, told
from callback_survey.errors import DeliveryMisplaced, DeliveryRefused
from callback_survey.quarter import Quarter

_REGION = re.compile("[0-9]{6}")
# a code among other words, or as statisticians write it; the first two digits are a province's
_REGION_IN_NAME = re.compile(r"(?<![0-9])((?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])[0-9]{4})(?:0{6})?(?![0-9])")
_NUMERALS = {"一": "1", "二": "2", "三": "3", "四": "4"}
_YEAR, _NUMBER = r"(?P<year>(?:19|20)[0-9]{2})", "(?P<number>[1-4一二三四])"
_QUARTERS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}[\s_.\-年]*(?:q|quarter|第)[\s_.\-]*0?{_NUMBER}(?![0-9]).*",
        rf"{_YEAR}[\s_.\-年]*0?{_NUMBER}\s*(?:q|季).*",
        rf"(?:q|quarter|第)[\s_.\-]*0?{_NUMBER}[\s_.\-季度]*(?:of)?[\s_.\-]*{_YEAR}(?![0-9]).*",
        rf"0?{_NUMBER}\s*(?:q|季度?)[\s_.\-]*{_YEAR}(?![0-9]).*",
    )
]
_MOST_SHOWN = 10


def quarter_meant(name: str) -> Quarter | None:
    """The quarter that a name begins with, in whatever way it is written: 2018q1, 2018-Q1, 2018年一季度, Q1 2018, 2018Q1 (2)."""
    plain = unicodedata.normalize("NFKC", name).strip()
    match = next((match for pattern in _QUARTERS if (match := pattern.fullmatch(plain))), None)
    if match is None:
        return None
    number = match["number"]
    return Quarter(int(match["year"]), int(_NUMERALS.get(number, number)))


def discover(exports: Path, quarter: Quarter, region_code: str | None = None) -> list[Delivery]:
    """The deliveries of a quarter, by region code. One whose folder has nearly the right name is among them, unless the right one is
    there too: `verify_name` refuses it. A folder whose name holds no region code is not a delivery."""
    found: dict[str, Path] = {}
    for place in _places(exports, quarter, region_code):
        code = _region_meant(place.parent.name)
        if code not in found or _is_right(place, code, quarter):
            found[code] = place
    return [Delivery(code, str(quarter), place) for code, place in sorted(found.items())]


def _places(exports: Path, quarter: Quarter, region_code: str | None) -> Iterator[Path]:
    """What may be meant as a delivery of the quarter."""
    for region in sorted(exports.glob("*/")) if exports.is_dir() else ():
        code = _region_meant(region.name)
        if code and region_code in (None, code):
            for place in sorted(region.iterdir()):
                is_empty = place.is_dir() and not any(place.iterdir())
                if quarter_meant(place.name) == quarter and not is_empty:
                    yield place


def _region_meant(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).strip()
    if _REGION.fullmatch(plain):
        return plain
    match = _REGION_IN_NAME.search(plain)
    return match[1] if match else ""


def _is_right(place: Path, code: str, quarter: Quarter) -> bool:
    return place.parent.name == code and place.name == str(quarter) and place.is_dir()


def verify_name(delivery: Delivery) -> None:
    """Raises DeliveryMisplaced where the folder of a delivery has another name than that of its region and quarter."""
    place, right = delivery.folder, f"{delivery.region_code}/{delivery.quarter}"
    shown = told(f"{place.parent.name}/{place.name}")
    if not place.is_dir():
        raise _misnamed(delivery, [f"{shown} is a file; expected a folder {right} that holds it"])
    if shown != right:
        raise _misnamed(delivery, [f"{shown} is not read; expected the name {right}"])


def _misnamed(delivery: Delivery, faults: list[str]) -> DeliveryRefused:
    return refused(
        delivery,
        "the folder does not have the name of its region and quarter",
        faults,
        next_step=f"rename it to {delivery.region_code}/{delivery.quarter}, then run the quarter again",
        kind=DeliveryMisplaced,
    )


def beside(delivery: Delivery) -> list[str]:
    """Remarks on what lies beside the delivery under another spelling of its quarter: none of it is read."""
    if quarter_meant(delivery.folder.name) != Quarter.parse(delivery.quarter):
        return []  # a folder that a person named for themselves
    others = [
        path.name
        for path in sorted(delivery.folder.parent.iterdir())
        if path.name != delivery.folder.name and quarter_meant(path.name) == Quarter.parse(delivery.quarter)
    ]
    return [f"{told(name)}, beside {delivery.folder.name}: was not read" for name in others]


def named_otherwise(exports: Path, region_code: str | None = None) -> list[str]:
    """What stands in the place of regions and quarters and is named like neither, in words; the first few."""
    if not exports.is_dir():
        return [f"{exports}: there is no such folder"]
    faults = []
    for region in sorted(exports.glob("*/")):
        if not _region_meant(region.name):
            faults.append(
                f"{told(region.name)}: not the name of a region's folder; expected six digits, such as 123456"
            )
        elif region_code in (None, _region_meant(region.name)):
            faults += [
                f"{told(f'{region.name}/{place.name}')}: not the name of a quarter's folder; expected one such as 2018Q1"
                for place in sorted(region.glob("*/"))
                if quarter_meant(place.name) is None
            ]
    return faults[:_MOST_SHOWN]
