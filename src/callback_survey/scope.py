"""A region and a quarter: what a delivery, a release, a verdict and a notice are each of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, order=True)
class Scope:
    """One region's quarter, such as 330109 and 2018Q1."""

    region_code: str
    quarter: str

    @classmethod
    def parse(cls, key: str) -> Self:
        """The scope of a `key`."""
        return cls(*key.split("|"))

    @property
    def name(self) -> str:
        """As people read it: `330109 2018Q1`."""
        return f"{self.region_code} {self.quarter}"

    @property
    def key(self) -> str:
        """As machines pass it on: `330109|2018Q1`, also the partition key of the released asset's events."""
        return f"{self.region_code}|{self.quarter}"

    def folder(self, root: Path) -> Path:
        """Its folder below one of the exports, the releases or the issued notices."""
        return root / self.region_code / self.quarter
