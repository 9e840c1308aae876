"""What dbt is told to build."""

from __future__ import annotations

import pytest

from callback_survey.warehouse import commands


@pytest.mark.parametrize("is_loaded", [False, True])
def test_models_of_very_many_rows_are_built_one_after_the_other(is_loaded: bool) -> None:
    """Ninety districts of the sample's size are 8.2 million rows, nine hundred 81.9 million."""
    province = commands.everything(is_loaded=is_loaded, row_count=8_617_000)
    country = commands.everything(is_loaded=is_loaded, row_count=86_170_000)
    assert country == [*province, "--threads", "1"]
    assert "--threads" not in province
