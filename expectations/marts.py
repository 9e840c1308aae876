"""Gate 2: what the marts of a region's quarter must be before they may be released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from callback_survey.checks.model import Check, Rule
from callback_survey.scope import Scope

from . import figures, history, of_marts, suppression
from . import printed as printed_annexes

# `is_rated` says whether somebody answered: by the counts, or by the print where only the annexes survive (0.00 is printed
# as well for no sample and for no answers)
_RATES = """
    with rates as (
        select rates.*, has_cases, printed_pct,
            coalesce(
                case
                    when has_cases then answered_count > 0 and not coalesce(is_suppressed, false)
                    else printed.sample_count > 0 and printed_pct >= 0 and (total_pct > 0 or share_count = 1)
                end, false
            ) as is_rated
        from marts.department_rates as rates
        inner join intermediate.int_region_quarters as region_quarters using (region_code, quarter)
        left join intermediate.int_published_measures as printed using (region_code, quarter, department_code, measure)
        where region_code = $region_code and quarter = $quarter
    )
    select
        department_name, measure, measure_name, valid_frame_count, sample_count, answered_count, success_count,
        rate, rate_pct, rate_rank, average_pct, is_below_average, has_cases, is_rated, reliability,
        printed_pct::text as printed, has_cases or valid_frame_count + sample_count is not null as is_sample_known,
        case
            when has_cases then answered_count || ' answers'
            else 'sample ' || coalesce(sample_count::text, '—') || ', printed ' || coalesce(printed_pct::text, '—')
        end as basis,
        case
            when not is_rated
                then rate is null and rate_pct is null and rate_rank is null
                    and is_below_average is null and is_below_threshold is null
            else rate is not null and rate_pct is not null and rate_rank is not null and is_below_average is not null
        end
        and (has_cases or (answered_count is null and success_count is null and (not is_rated or rate_pct = printed_pct)))
        and source_grain = case when has_cases then 'cases' else 'published' end as is_consistent
    from rates
    order by measure, department_code
"""
# FULL JOIN: a department that is missing on either side stays visible
_COVERAGE = """
    with expected as (
        select departments.department_code, departments.department_name, definitions.measure
        from intermediate.int_departments as departments
        inner join intermediate.int_measure_definitions as definitions using (region_code, quarter)
        where departments.region_code = $region_code and departments.quarter = $quarter
    ),
    observed as (
        select department_code, department_name, measure
        from marts.department_rates
        where region_code = $region_code and quarter = $quarter
    )
    select
        coalesce(expected.department_name, observed.department_name) as department_name,
        measures.measure_name,
        case
            when observed.department_code is null then 'missing'
            when expected.department_code is null then 'not in the register'
            else 'present'
        end as status
    from expected
    full join observed
        on expected.department_code = observed.department_code and expected.measure = observed.measure
    left join seeds.measures as measures on measures.measure = coalesce(expected.measure, observed.measure)
    order by department_name, measures.measure_order, status
"""
# every department has a row here, so that "nothing outside the frame" is seen and not just absent; without cases there
# is nothing to see, and no row
_OUTSIDE = """
    with departments as (
        select department_code, department_name
        from intermediate.int_departments
        where region_code = $region_code and quarter = $quarter
    ),
    outside as (
        select department_code, department_name, case_count, exclusion_reasons, example_case_ids
        from intermediate.int_called_outside_frame
        where region_code = $region_code and quarter = $quarter
    )
    select
        coalesce(departments.department_name, outside.department_name, '（未注明部门）') as department_name,
        coalesce(outside.case_count, 0) as case_count,
        coalesce(outside.exclusion_reasons, '') as exclusion_reasons,
        coalesce(outside.example_case_ids, '') as example_case_ids
    from departments
    full join outside on departments.department_code = outside.department_code
    where exists(from intermediate.int_region_quarters where (region_code, quarter, has_cases) = ($region_code, $quarter, true))
    order by all
"""
# LEFT JOIN: a rated department without shares adds up to 0 and is seen
_SHARES = """
    select rates.department_name, rates.measure_name,
        case
            when count(*) filter (answers.is_suppressed) = 0 then coalesce(sum(answers.answer_pct), 0)::double
            -- of masked answers only the sum is known
            else 100::double
        end as total_pct
    from marts.department_rates as rates
    left join marts.department_answers as answers using (region_code, quarter, department_code, measure)
    where rates.region_code = $region_code and rates.quarter = $quarter and rates.answered_count > 0
        and not coalesce(rates.is_suppressed, false)
    group by rates.department_code, rates.department_name, rates.measure_name
    order by rates.measure_name, rates.department_code
"""
_RECONCILIATION = """
    select
        department_name, figure, status,
        coalesce(computed_pct::text, computed_count::text, '—') as computed,
        coalesce(published_pct::text, published_count::text, '—') as published
    from marts.reconciliation
    where region_code = $region_code and quarter = $quarter
    order by department_code, figure
"""
# the printed rows, each with the figures named that differ within the tolerance
_ADJUSTED = """
    select
        department_name, measure_name,
        bool_or(status = 'adjusted') as is_adjusted,
        coalesce(string_agg(
            figure || ' computed ' || computed_pct::text || ', printed ' || published_pct::text, '; ' order by figure
        ) filter (status = 'adjusted'), '') as figures
    from marts.reconciliation
    inner join seeds.measures as measures using (measure)
    where region_code = $region_code and quarter = $quarter
    group by department_code, department_name, measure_name, measure_order
    order by measure_order, department_code
"""


def facts(
    connection: duckdb.DuckDBPyConnection,
    scope: Scope,
    rules: Mapping[str, Rule],
    earlier: Sequence[Path] = (),
) -> dict[str, pd.DataFrame]:
    """Tables of facts about a region's quarter, at department level; `connection` is the warehouse.

    `earlier` are the released rates of the quarters before, one file each.
    """
    keys = {"region_code": scope.region_code, "quarter": scope.quarter}
    queries = {
        "rates": _RATES,
        "coverage": _COVERAGE,
        "outside_frame": _OUTSIDE,
        "shares": _SHARES,
        "reconciliation": _RECONCILIATION,
        "adjusted_rows": _ADJUSTED,
    }
    tables = {name: connection.execute(query, keys).df() for name, query in queries.items()}
    rates = tables["rates"]
    # counts of answers where there are cases, samples where there are cases or a printed one: never NULL taken for 0
    counts = {
        "counted": rates[rates["has_cases"].astype(bool)],
        # without those whose successes are masked
        "published": rates[rates["has_cases"].astype(bool) & rates["success_count"].notna()],
        "sampled": rates[rates["is_sample_known"].astype(bool)].convert_dtypes(),
    }
    return {
        **tables,
        **counts,
        **figures.facts(connection, scope, rates),
        **suppression.facts(connection, scope),
        **history.facts(connection, scope, earlier, rules),
        **printed_annexes.facts(connection, scope),
    }


def suite(rules: Mapping[str, Rule]) -> list[Check]:
    """All checks. Where only the annexes survive, those that need cases have no rows and are skipped, not passed."""
    return [
        *_count_checks(),
        *_share_checks(),
        *figures.checks(),
        *suppression.checks(),
        *_reconciliation_checks(rules),
        *history.checks(rules),
        *printed_annexes.checks(rules),
    ]


def _count_checks() -> list[Check]:
    return [
        _at_least("sample_within_frame", of_marts.ExpectSampleWithinValidFrame(), "sampled", "抽样", "有效样本框"),
        Check(
            "called_inside_valid_frame",
            facts="outside_frame",
            expectation=of_marts.ExpectCalledCasesInsideValidFrame(),
            example="{department_name}: {case_count} called cases outside the valid frame, {exclusion_reasons}; such as {example_case_ids}",
            shows=("department_name", "case_count", "exclusion_reasons", "example_case_ids"),
            allows="0",
            rows_may_be_missing=True,
        ),
        _at_least("answered_within_sample", of_marts.ExpectAnsweredWithinSample(), "counted", "有效回答", "抽样"),
        _at_least(
            "success_within_answered", of_marts.ExpectSuccessesWithinAnswered(), "published", "满意或实现", "有效回答"
        ),
        Check(
            "departments_complete",
            facts="coverage",
            expectation=of_marts.ExpectDepartmentsComplete(),
            example="{department_name}, {measure_name}: {status}",
            shows=("department_name", "measure_name", "status"),
            allows="every department of the register, once per measure, and no other",
        ),
        Check(
            "unsampled_are_null",
            facts="rates",
            expectation=of_marts.ExpectUnsampledWithoutRate(),
            example="{department_name}, {measure_name}: {basis}, rate_pct {rate_pct}",
            shows=("department_name", "measure_name", "basis", "rate_pct"),
            allows="no answers, no rate, rank or flag; answers, all of them",
        ),
    ]


def _share_checks() -> list[Check]:
    return [
        Check(
            "shares_sum_to_100",
            facts="shares",
            expectation=of_marts.ExpectSharesToSumTo100(),
            example="{department_name}（{measure_name}）: {total_pct:.2f}",
            shows=("department_name", "measure_name", "total_pct"),
            allows="100.00",
            rows_may_be_missing=True,
        ),
    ]


def _reconciliation_checks(rules: Mapping[str, Rule]) -> list[Check]:
    tolerance = rules["reconciliation_within_tolerance"].limit
    shows = ("department_name", "figure", "computed", "published")
    example = "{department_name}, {figure}: computed {computed}, printed {published}"
    return [
        Check(
            "reconciliation_within_tolerance",
            facts="reconciliation",
            expectation=of_marts.ExpectPrintedFiguresWithinTolerance(),
            example=example,
            shows=shows,
            allows=f"a difference of at most {tolerance} points, and equal counts",
            rows_may_be_missing=True,
        ),
        Check(
            "reconciliation_exact",
            facts="adjusted_rows",
            expectation=of_marts.ExpectPrintedFiguresEqual(),
            example="{department_name}（{measure_name}）: {figures}",
            shows=("department_name", "measure_name", "figures"),
            allows="computed and printed figures are equal",
            rows_may_be_missing=True,
        ),
    ]


def _at_least(check_id: str, expectation: Any, facts: str, smaller_name: str, larger_name: str) -> Check:
    larger, smaller = expectation.column_A, expectation.column_B
    return Check(
        check_id,
        facts=facts,
        expectation=expectation,
        example=f"{{department_name}}（{{measure_name}}）: {smaller_name} {{{smaller}}} > {larger_name} {{{larger}}}",
        shows=("department_name", "measure_name", smaller, larger),
        allows=f"{smaller} ≤ {larger}, in every department",
        # no counts without cases; a quarter that lost its rows fails departments_complete
        rows_may_be_missing=facts in ("counted", "published"),
    )
