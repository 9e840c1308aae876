"""Gate 2, beside the last four quarters as they were released: rates that jumped, frames and samples of another size.

The quarters before are read from the releases' own files. The warehouse may hold another build of them, or none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from callback_survey.checks.model import Check, Rule
from callback_survey.releases.earlier import QUARTERS
from callback_survey.scope import Scope

from . import of_marts
from .chance import Stratum, benjamini_hochberg, exact_p, normal_p

_NOTHING = "none of the four quarters before is released with figures to compare"
# Counts of one definition only, and not from before a department took over from others.
_RATES = """
    with earlier as (
        select department_code, measure, measure_definition,
            sum(answered_count)::bigint as before_answered, sum(success_count)::bigint as before_success,
            min(quarter) || '–' || max(quarter) as quarters
        from read_parquet($earlier, union_by_name = true, hive_partitioning = false) as released
        where success_count is not null and answered_count > 0 and not exists(
            select 1
            from seeds.department_successions as successions
            where successions.successor_code = released.department_code
                and successions.valid_from > released.quarter and successions.valid_from <= $quarter
        )
        group by all
    )
    select rates.department_name, rates.measure, rates.measure_name, rates.answered_count, rates.success_count,
        earlier.before_answered, earlier.before_success, earlier.quarters
    from marts.department_rates as rates
    inner join earlier using (department_code, measure, measure_definition)
    where rates.region_code = $region_code and rates.quarter = $quarter
        and rates.success_count is not null and rates.answered_count > 0
    order by rates.measure, rates.department_code
"""
# the region as a whole first, then each department that had rows before
_VOLUMES = """
    with now as (
        select department_code, any_value(department_name) as department_name,
            max(valid_frame_count) as frame_count, max(sample_count) as sample_count
        from marts.department_rates
        where region_code = $region_code and quarter = $quarter
        group by department_code
    ),
    before as (
        select quarter, department_code, max(valid_frame_count) as frame_count, max(sample_count) as sample_count
        from read_parquet($earlier, union_by_name = true, hive_partitioning = false)
        group by quarter, department_code
    ),
    totals as (
        select quarter, sum(frame_count) as frame_count, sum(sample_count) as sample_count from before group by quarter
    ),
    compared as (
        select 0 as position, '' as department_code, '全区' as department_name,
            (select sum(frame_count) from now)::double as frame_count,
            (select sum(sample_count) from now)::double as sample_count,
            avg(frame_count) as frame_before, avg(sample_count) as sample_before, count(*) as quarter_count
        from totals
        union all
        select 1, department_code, now.department_name, now.frame_count::double, now.sample_count::double,
            avg(before.frame_count), avg(before.sample_count), count(*)
        from now
        inner join before using (department_code)
        group by all
    )
    select * from compared order by position, department_code
"""


def facts(
    connection: duckdb.DuckDBPyConnection,
    scope: Scope,
    earlier: Sequence[Path],
    rules: Mapping[str, Rule],
) -> dict[str, pd.DataFrame]:
    """Tables of facts against the quarters before; without rows where none was released."""
    empty = pd.DataFrame()
    if not earlier:
        return dict.fromkeys(("department_drift", "region_drift", "frame_volume", "sample_volume"), empty)
    keys = {"region_code": scope.region_code, "quarter": scope.quarter, "earlier": [str(path) for path in earlier]}
    drift = _drift(connection.execute(_RATES, keys).df(), rules["department_drift"])
    volumes = connection.execute(_VOLUMES, keys).df()
    return {
        "department_drift": drift,
        "region_drift": _region_drift(drift, rules["region_drift"]),
        **{f"{kind}_volume": _volume(volumes, kind, rules[f"{kind}_volume"]) for kind in ("frame", "sample")},
    }


def checks(rules: Mapping[str, Rule]) -> list[Check]:
    limits = {name: rules[name] for name in ("department_drift", "region_drift")}
    return [
        Check(
            "department_drift",
            facts="department_drift",
            expectation=of_marts.ExpectDepartmentWithoutDrift(),
            example="{department_name}（{measure_name}）: {now_pct:.2f} ({success_count}/{answered_count}), before "
            "{before_pct:.2f} ({before_success}/{before_answered} in {quarters}): {change_points:+.2f} points",
            shows=(
                *("department_name", "measure_name", "now_pct", "success_count", "answered_count", "before_pct"),
                *("before_success", "before_answered", "quarters", "change_points"),
            ),
            allows=_allowed(limits["department_drift"], "q"),
            rows_may_be_missing=True,
            nothing=_NOTHING,
        ),
        Check(
            "region_drift",
            facts="region_drift",
            expectation=of_marts.ExpectRegionWithoutDrift(),
            example="{measure_name}: mean {now_pct:.2f} of {department_count} departments, before {before_pct:.2f}: "
            "{change_points:+.2f} points",
            shows=("measure_name", "now_pct", "department_count", "before_pct", "change_points"),
            allows=_allowed(limits["region_drift"], "p"),
            rows_may_be_missing=True,
            nothing=_NOTHING,
        ),
        _volume_check("frame", "有效样本框", of_marts.ExpectFrameVolumeAsBefore, rules["frame_volume"]),
        _volume_check("sample", "抽样", of_marts.ExpectSampleVolumeAsBefore, rules["sample_volume"]),
    ]


def _allowed(rule: Rule, value: str) -> str:
    return f"within {rule.number():g} points of the last {QUARTERS} quarters, unless chance explains it ({value} ≥ {rule.chance():g})"


def _volume_check(kind: str, name: str, expected: type[Any], rule: Rule) -> Check:
    return Check(
        f"{kind}_volume",
        facts=f"{kind}_volume",
        expectation=expected(min_value=-rule.number(), max_value=rule.number()),
        example=f"{{department_name}}: {name} {{now_count:,.0f}}, before {{before_count:,.0f}}, the mean of "
        f"{{quarter_count}} of the last {QUARTERS} quarters ({{change_pct:+.0f}} %)",
        shows=("department_name", "now_count", "before_count", "quarter_count", "change_pct"),
        allows=f"within {rule.number():g} % of the mean of the last {QUARTERS} quarters, from {rule.minimum_count} on",
        rows_may_be_missing=True,
        nothing=_NOTHING,
    )


def _drift(rates: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """A department is suspicious where its change is beyond the limit and beyond chance, over all that were compared."""
    rates["now_pct"] = 100 * rates["success_count"] / rates["answered_count"]
    rates["before_pct"] = 100 * rates["before_success"] / rates["before_answered"]
    rates["change_points"] = rates["now_pct"] - rates["before_pct"]
    rates["is_suspicious"] = False
    for _, group in rates.groupby("measure"):
        q_values = benjamini_hochberg([_p_of(row) for row in group.itertuples()])
        is_beyond = (group["change_points"].abs() > rule.number()) & (
            pd.Series(q_values, index=group.index) < rule.chance()
        )
        rates.loc[group.index, "is_suspicious"] = is_beyond
    return rates


def _p_of(row: object) -> float:
    """Fisher's exact test of this quarter's counts against those before."""
    now, success, before, before_success = (
        int(getattr(row, name)) for name in ("answered_count", "success_count", "before_answered", "before_success")
    )
    return exact_p([Stratum(now, success + before_success, now + before)], success)


def _region_drift(drift: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The mean over the departments rated now and before: another mixture of departments is no drift."""
    rows = []
    for measure_name, group in drift.groupby("measure_name"):
        change = float(group["change_points"].mean())
        variance = sum(
            _variance(row.success_count, row.answered_count) + _variance(row.before_success, row.before_answered)
            for row in group.itertuples()
        )
        p_value = normal_p(change, 100 * math.sqrt(variance) / len(group))
        is_suspicious = abs(change) > rule.number() and p_value < rule.chance()
        means = (float(group["now_pct"].mean()), float(group["before_pct"].mean()))
        rows.append((measure_name, *means, change, len(group), is_suspicious))
    names = ["measure_name", "now_pct", "before_pct", "change_points", "department_count", "is_suspicious"]
    return pd.DataFrame(rows, columns=names)


def _variance(success_count: int, answered_count: int) -> float:
    """Of a rate; half an answer is added to each side, or a rate of 100 % would be without any."""
    rate = (success_count + 0.5) / (answered_count + 1)
    return rate * (1 - rate) / answered_count


def _volume(volumes: pd.DataFrame, kind: str, rule: Rule) -> pd.DataFrame:
    compared = volumes[["department_name", "quarter_count", f"{kind}_count", f"{kind}_before"]].dropna()
    compared = compared.rename(columns={f"{kind}_count": "now_count", f"{kind}_before": "before_count"})
    largest = compared[["now_count", "before_count"]].max(axis=1)
    compared = compared[(largest >= rule.minimum_count) & (compared["before_count"] > 0)].copy()
    compared["change_pct"] = 100 * (compared["now_count"] / compared["before_count"] - 1)
    return compared
