"""A region and a quarter: what a delivery, a release, a verdict and a notice are each of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from callback_survey.quarter import Quarter

_REGION = re.compile("[0-9]{6}")


@dataclass(frozen=True, order=True)
class Scope:
    """One region's quarter, such as 123456 and 2018Q1."""

    region_code: str
    quarter: str

    @classmethod
    def parse(cls, key: str) -> Self:
        """The scope of a `key`."""
        return cls(*key.split("|"))

    @classmethod
    def of_folder(cls, folder: Path) -> Self | None:
        """The scope that a folder `<region>/<quarter>` is named for; None for any other, such as a copy kept beside it."""
        region_code, quarter = folder.parts[-2:]
        if _REGION.fullmatch(region_code) and Quarter.is_written(quarter) and folder.is_dir():
            return cls(region_code, quarter)
        return None

    @property
    def name(self) -> str:
        """As people read it: `123456 2018Q1`."""
        return f"{self.region_code} {self.quarter}"

    @property
    def key(self) -> str:
        """As machines pass it on: `123456|2018Q1`, also the partition key of the released asset's events."""
        return f"{self.region_code}|{self.quarter}"

    def folder(self, root: Path) -> Path:
        """Its folder below one of the exports, the releases or the issued notices."""
        return root / self.region_code / self.quarter
