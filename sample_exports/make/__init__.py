"""The sample exports of Xiaoshan district, and of a hotline of another city. See sample_exports/README.md.

2018 Q1 is a reconstruction: the annexes are as printed in the notice; the cases and the calls are invented, by a seeded
generator, so that the counts per department are those of `inputs/reconstructed_counts.csv`. The four quarters after it
are made up whole, from `inputs/invented_counts.csv`; so is the hotline (`hotline.py`), from `inputs/hotline_counts.csv`.
"""

from __future__ import annotations

from sample_exports.make.delivery import check_sample_exports, quarters_made, write_sample_exports
from sample_exports.make.reconstruct import DEFAULT_SEED

__all__ = ["DEFAULT_SEED", "check_sample_exports", "quarters_made", "write_sample_exports"]
