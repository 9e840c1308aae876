"""Where the answers are on another scale than the printed annex's, the notice has a column for each answer of that scale."""

from __future__ import annotations

from decimal import Decimal

from callback_survey.documents.notice import scales

ANNEX = [{"department_code": "d1", "satisfied_pct": None}, {"department_code": "d2", "satisfied_pct": None}]
ANSWERS = [
    {"department_code": "d1", "answer_label": "非常满意", "answer_pct": Decimal("60.00")},
    {"department_code": "d1", "answer_label": "满意", "answer_pct": Decimal("40.00")},
    {"department_code": "d2", "answer_label": "非常满意", "answer_pct": None},
    {"department_code": "d2", "answer_label": "满意", "answer_pct": None},
]


def test_the_form_holds_where_it_has_a_share_or_nobody_has_a_rate() -> None:
    rated = [*ANNEX, {"department_code": "d3", "satisfied_pct": Decimal("0.00")}]
    assert scales.has_form(rated, ["satisfied_pct"], 1)
    assert scales.has_form(ANNEX, ["satisfied_pct"], 0), "nobody answered: the form is blank, and is the form"
    assert not scales.has_form(ANNEX, ["satisfied_pct"], 1)


def test_the_columns_are_the_answers_of_the_scale_in_its_order() -> None:
    assert scales.labels_of(ANSWERS) == ("非常满意", "满意")
    assert scales.shares_of(ANSWERS) == {"d1": (Decimal("60.00"), Decimal("40.00")), "d2": (None, None)}
