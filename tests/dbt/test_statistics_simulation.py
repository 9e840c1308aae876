"""Where nothing differs nobody should be marked: a simulation of the rule, as an oracle of its arithmetic proves only arithmetic.

Every design is one table of thousands of quarters through the models' own SQL. All of them take about a minute of one core;
`make simulate` does the same with more quarters, and writes docs/simulation.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from equal_departments import Design, designs, false_alarms
from homes import Home
from statistical_models import Statistics, statistics

SEED = 2018
# the level is 0.05; the rest is what 2,000 quarters may miss it by
MOST_FALSE_ALARMS = 0.065


@pytest.fixture(scope="module")
def models(small: Home) -> Iterator[Statistics]:
    with statistics(small) as opened:
        yield opened


@pytest.mark.parametrize("design", designs(), ids=lambda design: design.name)
def test_equal_departments_are_seldom_marked(models: Statistics, design: Design) -> None:
    # two hundred departments cost as much as all other designs together
    replicates = 500 if len(design.answers) == 200 else 2000
    alarms = false_alarms(models, design, replicates=replicates, seed=SEED)
    assert alarms.any_firm <= MOST_FALSE_ALARMS
    assert alarms.tested_on_few_answers == 0
    assert alarms.certain_without_sign == 0


def test_where_most_of_a_frame_answered_some_are_certainly_below_and_bear_the_sign(models: Statistics) -> None:
    """Else the test above would show nothing of facts."""
    nearly_all = Design("most answered", (55,) * 34, (50,) * 34, 0.9)
    alarms = false_alarms(models, nearly_all, replicates=100, seed=SEED)
    assert alarms.certain > 100 and alarms.certain_without_sign == 0


def test_a_department_far_below_is_marked_nearly_always(models: Statistics) -> None:
    """A test that never speaks raises no false alarm either."""
    rates = (0.95,) * 33 + (0.6,)
    different = Design("one far below", (500,) * 34, (50,) * 34, rates)
    assert false_alarms(models, different, replicates=200, seed=SEED).any_firm > 0.95
