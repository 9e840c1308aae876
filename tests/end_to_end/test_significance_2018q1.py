"""How sure the figures of 2018 Q1 are, pinned, and every one of them again by the libraries."""

from __future__ import annotations

import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from homes import Served

MEASURES = ("satisfaction", "realisation")
# Of the 14 and 13 departments below the average, those that are so by more than chance; with *, also as departments.
SIGNIFICANT = {
    "satisfaction": {"区民政局*", "区人力社保局*", "区市民卡公司*", "区教育局", "区规划分局", "区市场监管局"},
    "realisation": {"区教育局*", "区人力社保局*", "区环保局*", "区安监局"},
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
    assert counts == {"satisfaction": (14, 6, 3), "realisation": (13, 4, 3)}[measure]
    on_the_list = served.home.query(
        "select count(*) filter (is_significantly_below), count(*) filter (is_significantly_below_superpopulation) "
        f"from below_average where measure = '{measure}'"
    )
    assert on_the_list == [counts[1:]]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("suffix", ["", "_superpopulation"])
def test_each_interval_p_and_q_is_the_libraries(served: Served, measure: str, suffix: str) -> None:
    departments = rated(served, measure)
    average = sum(x / n for _, n, x in departments) / len(departments)
    p_values = []
    for (frame, n, x), low, high in zip(
        departments,
        column(served, measure, f"ci_low{suffix}"),
        column(served, measure, f"ci_high{suffix}"),
        strict=True,
    ):
        if n == frame and not suffix:
            assert (low, high) == (x / n, x / n)
            p_values.append(float(x / n > average))
            continue
        size = n if suffix else n * (frame - 1) / (frame - n)
        assert (low, high) == pytest.approx(proportion_confint(x / n * size, size, method="wilson"), abs=1e-9)
        p_values.append(norm.cdf((x / n - average) / (average * (1 - average) / size) ** 0.5))
    assert column(served, measure, f"p_value{suffix}") == pytest.approx(p_values, abs=1e-9)
    q_values = multipletests(p_values, method="fdr_bh")[1]
    assert column(served, measure, f"q_value{suffix}") == pytest.approx(q_values, abs=1e-9)


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
