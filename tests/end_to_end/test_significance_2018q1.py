"""How sure the figures of 2018 Q1 are, pinned, and every one of them again by the libraries."""

from __future__ import annotations

import pytest
from statsmodels.stats.proportion import proportion_confint

from homes import Served
from statistics_oracle import Counts, adjusted, exact, predictive

MEASURES = ("satisfaction", "realisation")
# Of the 14 and 13 departments below the average, those that are so by more than chance; with *, also as departments.
SIGNIFICANT = {
    "satisfaction": {"区民政局*", "区人力社保局*", "区市民卡公司*", "区教育局"},
    "realisation": {"区教育局*", "区人力社保局*", "区环保局"},
}
# Below the mean whatever those had said who did not answer.
CERTAINLY = {
    "satisfaction": {"区民政局", "区教育局"},
    "realisation": {"区农水局", "区安监局", "区教育局"},
}


def rated(served: Served, measure: str) -> list[tuple[int, int, int]]:
    query = (
        "select valid_frame_count, answered_count, success_count from department_rates "
        f"where measure = '{measure}' and answered_count > 0 order by department_code"
    )
    return [(int(frame), int(answers), int(successes)) for frame, answers, successes in served.home.query(query)]


def column(served: Served, measure: str, name: str) -> list[float]:
    query = f"select {name} from department_rates where measure = '{measure}' and answered_count > 0 order by department_code"
    return [row[0] for row in served.home.query(query)]


@pytest.mark.parametrize("measure", MEASURES)
def test_a_handful_of_the_flagged_departments_differ_by_more_than_chance(served: Served, measure: str) -> None:
    found = served.home.query(
        "select department_name || case when is_significantly_below_superpopulation then '*' else '' end "
        f"from department_rates where measure = '{measure}' and is_significantly_below"
    )
    assert {name for (name,) in found} == SIGNIFICANT[measure]
    [counts] = served.home.query(
        "select below_average_count, significantly_below_count, significantly_below_count_superpopulation "
        f"from region_rates where measure = '{measure}'"
    )
    assert counts == {"satisfaction": (14, 4, 3), "realisation": (13, 3, 2)}[measure]
    on_the_list = served.home.query(
        "select count(*) filter (is_significantly_below), count(*) filter (is_significantly_below_superpopulation) "
        f"from below_average where measure = '{measure}'"
    )
    assert on_the_list == [counts[1:]]


@pytest.mark.parametrize("measure", MEASURES)
def test_what_no_further_answer_could_change_is_a_fact(served: Served, measure: str) -> None:
    found = served.home.query(
        "select department_name, p_value, test_method from department_rates "
        f"where measure = '{measure}' and is_certainly_below"
    )
    assert {name for name, *_ in found} == CERTAINLY[measure]
    # no test is needed for it, and none is made for six or eight answers
    assert {(p, method) for _, p, method in found} <= {(None, "feasible_range"), (None, None)}
    unrated = served.home.query(
        "select count(*) from department_rates where reliability = 'not_rated' and coalesce("
        "is_significantly_below::text, is_significantly_below_superpopulation::text, comparison_category, test_method) is not null"
    )
    assert unrated == [(0,)]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("suffix", ["", "_superpopulation"])
def test_each_interval_is_the_libraries(served: Served, measure: str, suffix: str) -> None:
    for (frame, n, x), effect, low, high in zip(
        rated(served, measure),
        column(served, measure, "design_effect"),
        column(served, measure, f"ci_low{suffix}"),
        column(served, measure, f"ci_high{suffix}"),
        strict=True,
    ):
        if n == frame and not suffix:
            assert (low, high) == (x / n, x / n)
            continue
        size = n / effect if suffix else n * (frame - 1) / (frame - n)
        assert (low, high) == pytest.approx(proportion_confint(x / n * size, size, method="wilson"), abs=1e-9)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("suffix", ["", "_superpopulation"])
def test_each_p_and_q_is_the_libraries(served: Served, measure: str, suffix: str) -> None:
    counts = [Counts(*found) for found in rated(served, measure)]
    wanted = predictive(counts, column(served, measure, "design_effect")) if suffix else exact(counts)
    for name, values in ((f"p_value{suffix}", wanted), (f"q_value{suffix}", adjusted(wanted))):
        found = column(served, measure, name)
        assert [value is None for value in found] == [value is None for value in values]
        known = [value for value in values if value is not None]
        assert [value for value in found if value is not None] == pytest.approx(known, abs=1e-9)
        assert len(known) == (30 if suffix else 27 if measure == "satisfaction" else 28)


def test_the_made_interviewers_matter_little(served: Served) -> None:
    """They were drawn by lot: what correlation there is comes from chance, and nobody brought half of a department's answers."""
    rows = served.home.query("select measure, round(intraclass_correlation, 5) from region_rates")
    assert dict(rows) == {"satisfaction": 0.0, "realisation": 0.00469}
    (largest,) = served.home.query(
        "select round(max(design_effect), 4) from department_rates where answered_count = 1049"
    )
    assert largest == (1.4097,)
    assert served.home.query("select * from findings where finding_code = 'one_interviewer'") == []


def test_the_averages_are_still_those_of_the_notice_and_have_their_errors(served: Served) -> None:
    rows = served.home.query(
        "select average_pct::text, round(mean_rate_se, 6), round(frame_weighted_se, 6) from region_rates order by measure desc"
    )
    assert rows == [("94.77", 0.004513, 0.004579), ("92.53", 0.006551, 0.004207)]


def test_reliability_and_footnotes_name_what_is_too_little_to_go_by(served: Served) -> None:
    rows = served.home.query(
        "select reliability, count(*) filter (measure = 'satisfaction'), count(*) filter (measure = 'realisation') "
        "from department_rates group by all order by all"
    )
    assert rows == [("caution", 9, 8), ("not_rated", 4, 4), ("not_sampled", 1, 1), ("rankable", 21, 22)]
    notes = dict(
        served.home.query("select department_name, footnote_codes from department_rates where measure = 'realisation'")
    )
    assert notes["区旅游局"] == "not_sampled"
    assert notes["区安监局"] == "very_small_sample, wide_interval"
    assert notes["区教育局"] == "small_sample, wide_interval"
    assert notes["区人防办"] == "very_small_sample, census"
    assert notes["区市民卡公司"] is None


def test_every_footnote_is_explained(served: Served) -> None:
    unexplained = served.home.query(
        "select code from (select unnest(string_split(footnote_codes, ', ')) as code from department_rates) "
        "where code not in (select footnote_code from footnotes)"
    )
    assert unexplained == []


def test_the_first_quarter_has_nothing_to_be_compared_with(served: Served) -> None:
    found = served.home.query("select distinct change_status, change, previous_revision from department_rates")
    assert found == [("no_previous", None, None)]
