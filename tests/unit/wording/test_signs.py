"""▽ and ▼ are said in the same words in the notice, in the companion and by the dashboard's label."""

from __future__ import annotations

import yaml

from callback_survey.documents.companion.model import Flag
from callback_survey.wording import signs
from companion_data import SATISFACTION
from homes import REPOSITORY


def test_the_label_of_the_dashboard_says_it_in_the_same_words() -> None:
    path = REPOSITORY / "dbt_project" / "models" / "marts" / "department_rates.yml"
    mart = next(one for one in yaml.safe_load(path.read_text(encoding="utf-8"))["models"])
    label = next(one for one in mart["config"]["meta"]["dimensions"] if one["name"] == "flag_label")["expression"]
    assert f"'{signs.FIRM_MARK} {signs.FIRM}'" in label
    assert f"'{signs.QUARTER_MARK} {signs.BEYOND_CHANCE}'" in label
    assert f"'{signs.FEW_MARK} {signs.FEW}'" in label


def test_the_legend_begins_with_the_words_of_the_sign() -> None:
    legend = dict(signs.legend())
    assert legend[signs.FIRM_MARK].startswith(signs.FIRM) and legend[signs.QUARTER_MARK].startswith(signs.BEYOND_CHANCE)
    assert legend[signs.FEW_MARK].startswith(signs.FEW)
    assert SATISFACTION.flag_labels[Flag.BELOW_SUPERPOPULATION] == signs.FIRM
    assert SATISFACTION.flag_labels[Flag.BELOW_BEYOND_CHANCE].startswith(signs.BEYOND_CHANCE)


def test_only_what_was_tested_bears_a_triangle() -> None:
    flags = ((True, True), (False, True), (True, False), (False, False), (None, None))
    assert [signs.mark(*pair) for pair in flags] == ["▼", "▼", "▽", "", ""]


def test_what_is_not_rated_bears_no_triangle_although_an_old_release_tested_it() -> None:
    for flags in ((True, True), (True, False), (None, None)):
        assert signs.mark(*flags, "not_rated") == "‡"
    assert signs.mark(True, True, "caution") == "▼"


def test_no_sign_says_what_it_is_used_for() -> None:
    """That is the region's to say."""
    said = "".join(text for _, text in signs.legend()) + signs.short_legend()
    assert "考核" not in said and "问责" not in said
