"""Frame and calls side by side in one table are refused in words that say how to part them."""

from __future__ import annotations

import pytest

from callback_survey.errors import DeliveryRefused
from lakes import CALLS_HEADER, FRAME_HEADER, ONE_CALL, ONE_CASE, Lake, as_csv, frame


@pytest.mark.parametrize("order", [(FRAME_HEADER, CALLS_HEADER[1:]), (CALLS_HEADER, FRAME_HEADER[1:])])
def test_one_table_for_both_is_told_as_that(lake: Lake, order: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
    cells = dict(zip((*FRAME_HEADER, *CALLS_HEADER), (*ONE_CASE, *ONE_CALL), strict=True))
    header = (*order[0], *order[1])
    content = as_csv(header, [[cells[name] for name in header]])
    with pytest.raises(DeliveryRefused, match="the delivery is incomplete") as refused:
        lake.deliver({"台账.csv": (content, 1)})
    assert refused.value.alert_lines[1].startswith(
        "台账.csv holds the columns of frame and calls in one table; expected two"
    )


def test_a_frame_alone_is_not_taken_for_both(lake: Lake) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        lake.deliver({"frame.csv": frame(ONE_CASE)})
    assert refused.value.alert_lines == ["found frame; a delivery is frame and calls, or published"]
