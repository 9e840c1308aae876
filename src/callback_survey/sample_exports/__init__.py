"""The sample exports: a reconstruction of one delivery, Xiaoshan district, 2018 Q1. See sample_exports/README.md.

The annexes are as printed in the notice. The cases and the calls are invented, by a seeded generator, so that the
counts per department are those of `inputs/reconstructed_counts.csv`.
"""

from __future__ import annotations

from callback_survey.sample_exports.delivery import check_sample_exports, write_sample_exports
from callback_survey.sample_exports.reconstruct import DEFAULT_SEED, SampleFile, reconstruct

__all__ = ["DEFAULT_SEED", "SampleFile", "check_sample_exports", "reconstruct", "write_sample_exports"]
