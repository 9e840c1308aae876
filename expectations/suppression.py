"""Gate 2: nothing is published that the rule of disclosure forbids, and nothing masked can be seen or computed."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pandas as pd

from callback_survey.checks.model import Check
from callback_survey.scope import Scope

from . import of_marts
from .of_marts import KEPT

# What stays published of a masked department: who it is, how many were asked and answered, and what holds for everybody.
_OPEN = {
    *("region_code", "quarter", "measure", "department_code", "department_name", "measure_name", "measure_definition"),
    *(
        "source_grain",
        "valid_frame_count",
        "sample_count",
        "answered_count",
        "interviewed_count",
        "item_response_rate",
        "average_pct",
        "mean_rate",
        "threshold_pct",
    ),
    *("reliability", "footnote_codes", "previous_rate", "previous_revision", "change_status"),
    *("is_suppressed", "suppression_reason"),
}
_RATES = """
    select
        rates.*,
        -- what a revision has published stays so
        not rules.is_exempt and released.department_code is null and not rates.is_suppressed
        and coalesce(
            rates.answered_count < rules.fewest_answers_count or rates.valid_frame_count < rules.smallest_frame_count, false
        ) as is_forbidden
    from marts.department_rates as rates
    inner join intermediate.int_disclosure_rules as rules using (region_code, quarter)
    left join intermediate.int_released_masks as released using (region_code, quarter, measure, department_code)
    where rates.region_code = $region_code and rates.quarter = $quarter and rates.source_grain = 'cases'
        and rates.answered_count > 0
    order by rates.measure, rates.department_code
"""
# of a group of answers whose sum the rate tells, all may be seen or at least two are masked
_GROUPS = """
    select
        rates.department_name, rates.measure_name, answers.is_success,
        count(*) filter (answers.answer_pct is null) as masked_count,
        count(*) filter (answers.is_suppressed and (answers.answer_pct is not null or answers.answer_count is not null)) as seen_count,
        count(*) filter (answers.answer_count between 1 and rules.smallest_cell_count - 1) as small_count,
        count(*) as answer_count
    from marts.department_answers as answers
    inner join marts.department_rates as rates using (region_code, quarter, measure, department_code)
    inner join intermediate.int_disclosure_rules as rules using (region_code, quarter)
    where answers.region_code = $region_code and answers.quarter = $quarter and rates.source_grain = 'cases'
        and rates.answered_count > 0 and not rules.is_exempt
    group by all
    order by all
"""
# two measures of one question, whose successes are other answers: what one masks the other may show, or their rates together
_QUESTIONS = """
    with answers as (
        select
            rates.department_code, rates.department_name, rates.measure, rates.measure_name, rates.success_count,
            measures.question, answers.answer_code, answers.is_success, answers.is_suppressed, rules.smallest_cell_count
        from marts.department_answers as answers
        inner join marts.department_rates as rates using (region_code, quarter, measure, department_code)
        inner join intermediate.int_disclosure_rules as rules using (region_code, quarter)
        inner join seeds.measures as measures using (measure)
        where answers.region_code = $region_code and answers.quarter = $quarter and rates.source_grain = 'cases'
            and rates.answered_count > 0 and not rules.is_exempt
    )
    select
        one.department_name, one.measure_name, other.measure_name as other_name,
        count(*) filter (one.is_suppressed and not other.is_suppressed) as seen_count,
        -- of answers that one counts and the other does not, and none the other way round, the rates give the sum
        count(*) filter (other.is_success and not one.is_success) = 0
        and any_value(one.success_count - other.success_count) between 1 and any_value(one.smallest_cell_count) - 1
            as is_given
    from answers as one
    inner join answers as other using (department_code, question, answer_code)
    where one.measure <> other.measure
    group by all
    order by all
"""
# figures over departments, with how many departments are in them
_SUMS = """
    select measures.measure_name, region.rated_department_count,
        count(rates.rate) as published_count
    from marts.region_rates as region
    inner join seeds.measures as measures using (measure)
    inner join marts.department_rates as rates using (region_code, quarter, measure)
    where region_code = $region_code and quarter = $quarter
    group by all
    having bool_or(rates.is_suppressed)
"""


def facts(connection: duckdb.DuckDBPyConnection, scope: Scope) -> dict[str, pd.DataFrame]:
    """A row for every department and measure with answers, every group of answers, every pair of measures of one question, and
    every figure over departments."""
    keys = {"region_code": scope.region_code, "quarter": scope.quarter}
    queries = (_RATES, _GROUPS, _QUESTIONS, _SUMS)
    rates, groups, questions, sums = (connection.execute(query, keys).df() for query in queries)
    found = [*_rows_of_rates(rates), *_rows_of_groups(groups), *_rows_of_questions(questions), *_rows_of_sums(sums)]
    return {"masks": pd.DataFrame(found, columns=["place", "measure_name", "status"])}


def checks() -> list[Check]:
    return [
        Check(
            "masked_figures_hidden",
            facts="masks",
            expectation=of_marts.ExpectMaskedFiguresHidden(),
            example="{place}（{measure_name}）: {status}",
            shows=("place", "measure_name", "status"),
            allows="what disclosure_rules forbids is masked, and what is masked is in no figure",
            rows_may_be_missing=True,
        ),
    ]


def _rows_of_rates(rates: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    hidden = [name for name in rates.columns if name not in _OPEN | {"is_forbidden"}]
    for row in rates.to_dict("records"):
        shown = [name for name in hidden if not pd.isna(row[name])] if row["is_suppressed"] else []
        if row["is_forbidden"]:
            status = f"published on {row['answered_count']} answers from a frame of {row['valid_frame_count']}"
        else:
            status = f"masked, and shown in {', '.join(shown)}" if shown else KEPT
        yield row["department_name"], row["measure_name"], status


def _rows_of_groups(groups: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for row in groups.itertuples():
        if row.seen_count:
            status = "an answer is masked, and its figure is shown"
        elif row.small_count and row.answer_count > 1:
            status = "an answer of too few people is shown"
        elif row.masked_count == 1 and row.answer_count > 1:
            status = "a single answer is masked: the others and the rate give it"
        else:
            status = KEPT
        yield row.department_name, row.measure_name, status


def _rows_of_questions(questions: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for row in questions.itertuples():
        if row.seen_count:
            status = f"an answer is masked, and shown of {row.other_name}, which is of the same question"
        elif row.is_given is True:
            status = f"with {row.other_name}, which is of the same question, the rates give an answer of too few people"
        else:
            status = KEPT
        yield row.department_name, row.measure_name, status


def _rows_of_sums(sums: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for row in sums.itertuples():
        is_kept = row.rated_department_count == row.published_count
        told = f"an average of {row.rated_department_count} departments, of which {row.published_count} are published"
        yield "region_rates", row.measure_name, KEPT if is_kept else told
