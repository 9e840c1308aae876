"""Gate 1, the cases and calls one by one: repeated cases, days and hours that cannot be, departments that did not answer.

Everything is counted in SQL; what arrives here are counts per department with a few case ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd

from callback_survey.checks.model import Check, Rule
from callback_survey.landing.ledger import LandingReport
from callback_survey.local_time import local_date
from callback_survey.quarter import Quarter
from callback_survey.registers import Register
from callback_survey.storage import duck

UNNAMED = "（未注明部门）"
_NAMES_SHOWN = 5
# a dataset without rows fails reject_share
_NO_CALLS = "there are no calls"
# Every call row with the first frame row of its case. A table of called cases only: the frame can be large.
RELATIONS = """
    create or replace temp table called_frame as
        select case_id, arg_min(department_name, (file, line)) as department_name,
            arg_min(completed_on, (file, line))::date as completed_on
        from frame
        where case_id in (select case_id from calls)
        group by case_id;
    -- what a call says to all questions of the delivery together
    create or replace temp view answered as
        select file, line,
            string_agg(coalesce(answer_code, '—'), '、' order by question) as answer_codes,
            string_agg(coalesce(answer, '—'), '、' order by question) as answer_words,
            -- who does not know or does not want to say has not answered
            bool_or(answer_code not in ('dont_know', 'refused_answer')) as is_answered,
            bool_or(answer_code is not null) as is_said,
            bool_and(answer_code is not null) as is_complete
        from (select distinct file, line from answers)
        cross join (select distinct question from answers)
        left join answers using (file, line, question)
        group by file, line;
    create or replace temp view called_rows as
        select calls.file, calls.line, calls.case_id, calls.called_at::timestamp as called_at,
            -- a log without times of day has midnight everywhere
            calls.called_at::timestamp::time <> time '00:00:00' as has_time,
            calls.agent_id, answered.answer_codes, answered.answer_words,
            coalesce(answered.is_answered, false) as is_answered, coalesce(answered.is_said, false) as is_said,
            coalesce(answered.is_complete, false) as is_complete,
            coalesce(called_frame.department_name, calls.department_name) as sent_name, called_frame.completed_on
        from calls
        left join answered using (file, line)
        left join called_frame using (case_id);
"""
_REPEATED = """
    with repeated as (
        select case_id, arg_min(department_name, (file, line)) as sent_name, count(*) - 1 as row_count
        from frame
        group by case_id
        having count(*) > 1
    )
    select sent_name, sum(row_count)::bigint as row_count, list_aggregate(min(case_id, 3), 'string_agg', '、') as cases
    from repeated
    group by sent_name
"""
_OUTSIDE_QUARTER = """
    select department_name as sent_name, count(*) as row_count,
        min(completed_on)::text || ' … ' || max(completed_on)::text as cases
    from frame
    where completed_on::date not between $first_day and $last_day
    group by sent_name
"""
_CALL_DATES = """
    with judged as (
        select sent_name, case_id,
            coalesce(called_at::date < completed_on, false) as is_before_completion,
            called_at::date not between $first_day and $last_call_day as is_outside,
            has_time and extract(epoch from called_at::time) < 3600 * $earliest_hour as is_early,
            has_time and extract(epoch from called_at::time) > 3600 * $latest_hour as is_late,
            called_at
        from called_rows
    )
    select
        sent_name,
        count(*) as call_count,
        count(*) filter (is_before_completion) as before_count,
        count(*) filter (is_outside) as outside_count,
        count(*) filter (is_before_completion or is_outside) as misdated_count,
        count(*) filter (is_early) as early_count,
        count(*) filter (is_late) as late_count,
        coalesce(list_aggregate(list_sort(list_distinct(min(case_id, 3) filter (is_before_completion))), 'string_agg', '、'), '')
            as before_cases,
        coalesce(list_aggregate(list_sort(list_distinct(min(case_id, 3) filter (is_outside))), 'string_agg', '、'), '')
            as outside_cases,
        coalesce(min(called_at) filter (is_outside)::date::text || ' … ' || max(called_at) filter (is_outside)::date::text, '')
            as outside_days,
        coalesce(list_aggregate(list_sort(list_distinct(min(case_id, 3) filter (is_early))), 'string_agg', '、'), '')
            as early_cases,
        coalesce(list_aggregate(list_sort(list_distinct(min(case_id, 3) filter (is_late))), 'string_agg', '、'), '')
            as late_cases
    from judged
    group by sent_name
"""
_ANSWERED = """
    with cases as (
        select case_id, min(sent_name) as sent_name,
            bool_or(is_answered) as is_answered
        from called_rows
        group by case_id
    )
    select sent_name, count(*) as sample_count, count(*) filter (is_answered) as answered_count
    from cases
    group by sent_name
"""


def frame_facts(
    connection: duckdb.DuckDBPyConnection, report: LandingReport, register: Register
) -> dict[str, pd.DataFrame]:
    """Tables of facts about the frame; `connection` has its view."""
    quarter = Quarter.parse(report.quarter)
    days = {"first_day": quarter.first_day, "last_day": quarter.last_day}
    return {
        "repeated_cases": _share_of_frame(connection, _REPEATED, {}, register),
        "frame_days": _share_of_frame(connection, _OUTSIDE_QUARTER, days, register),
    }


def call_facts(
    connection: duckdb.DuckDBPyConnection, report: LandingReport, register: Register, rules: Mapping[str, Rule]
) -> dict[str, pd.DataFrame]:
    """Tables of facts about the calls; `connection` has views `frame`, `calls` and `rejects`."""
    connection.execute(RELATIONS)
    quarter = Quarter.parse(report.quarter)
    last_call_day = _last_call_day(report, quarter, int(rules["calls_within_period"].number()))
    parameters = {
        "first_day": quarter.first_day,
        "last_call_day": last_call_day,
        "earliest_hour": rules["calls_not_before"].number(),
        "latest_hour": rules["calls_not_after"].number(),
    }
    call_dates = by_department(connection.execute(_CALL_DATES, parameters).df(), register)
    answered = by_department(connection.execute(_ANSWERED).df(), register)
    answered["answered_pct"] = 100.0 * answered["answered_count"] / answered["sample_count"].clip(lower=1)
    return {
        "call_dates": call_dates,
        "call_date_total": _misdated_total(call_dates),
        "answering": answered[answered["sample_count"] >= rules["answered_share"].minimum_count],
    }


def checks(rules: Mapping[str, Rule]) -> list[Check]:
    from . import of_deliveries

    answered, earliest, latest = (rules[name] for name in ("answered_share", "calls_not_before", "calls_not_after"))
    return [
        *_share_checks(rules),
        _call_check(
            "calls_after_completion",
            of_deliveries.ExpectCallsAfterCompletion(),
            "before_cases",
            "called before completion",
            "0",
        ),
        Check(
            "calls_within_period",
            facts="call_dates",
            expectation=of_deliveries.ExpectCallsWithinPeriod(),
            example="{department_name}: {outside_count} calls dated {outside_days}, such as {outside_cases}",
            shows=("department_name", "outside_count", "outside_days", "outside_cases"),
            allows=f"from the quarter's first day to {rules['calls_within_period'].number():g} days after its last, "
            "and not after the landing",
            rows_may_be_missing=True,
            nothing=_NO_CALLS,
        ),
        Check(
            "call_date_share",
            facts="call_date_total",
            expectation=of_deliveries.ExpectMisdatedCallsWithinShare(max_value=rules["call_date_share"].number()),
            example="{misdated_count} of {call_count} calls ({misdated_pct:.2f} %)",
            shows=("misdated_count", "call_count", "misdated_pct"),
            allows=f"at most {rules['call_date_share'].number():g} % of the calls",
        ),
        _call_check(
            "calls_not_before",
            of_deliveries.ExpectCallsNotBeforeHour(),
            "early_cases",
            "too early",
            f"from {_clock(earliest)} on",
        ),
        _call_check(
            "calls_not_after",
            of_deliveries.ExpectCallsNotAfterHour(),
            "late_cases",
            "too late",
            f"until {_clock(latest)}",
        ),
        Check(
            "answered_share",
            facts="answering",
            expectation=of_deliveries.ExpectAnsweredCasesAboveShare(min_value=answered.number()),
            example="{department_name}: {answered_count} of {sample_count} called cases answered ({answered_pct:.2f} %)",
            shows=("department_name", "answered_count", "sample_count", "answered_pct"),
            allows=f"at least {answered.number():g} %, from {answered.minimum_count} called cases on",
            rows_may_be_missing=True,
            nothing=f"no department has {answered.minimum_count} called cases",
        ),
    ]


def _share_checks(rules: Mapping[str, Rule]) -> list[Check]:
    """The two limits, to tell and to stop, on one fact each."""
    from . import of_deliveries

    kinds = {
        "repeated_cases": (
            of_deliveries.ExpectRepeatedCasesWithinShare,
            ("duplicate_cases", "duplicate_case_share"),
            "repeat a case",
        ),
        "frame_days": (
            of_deliveries.ExpectFrameDatesInQuarter,
            ("frame_dates", "frame_date_share"),
            "completed outside the quarter",
        ),
    }
    return [
        Check(
            check_id,
            facts=table,
            expectation=expected(max_value=rules[check_id].number()),
            example=f"{{row_count}} of {{frame_row_count}} frame rows {words} ({{row_pct:.2f}} %): {{departments}}",
            shows=("row_count", "frame_row_count", "row_pct", "departments"),
            allows=f"at most {rules[check_id].number():g} % of the frame",
        )
        for table, (expected, check_ids, words) in kinds.items()
        for check_id in check_ids
    ]


def _call_check(check_id: str, expectation: Any, cases: str, words: str, allows: str) -> Check:
    counted = expectation.column
    return Check(
        check_id,
        facts="call_dates",
        expectation=expectation,
        example=f"{{department_name}}: {{{counted}}} calls {words}, such as {{{cases}}}",
        shows=("department_name", counted, cases),
        allows=allows,
        rows_may_be_missing=True,
        nothing=_NO_CALLS,
    )


def by_department(sent: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Counts by name as sent, added up by the department that each name means; texts are put side by side."""
    sent["department_name"] = [_name(register, name) for name in sent.pop("sent_name")]
    merged = {
        name: "sum" if pd.api.types.is_numeric_dtype(sent[name]) else joined
        for name in sent
        if name != "department_name"
    }
    return sent.groupby("department_name", as_index=False).agg(merged)


def joined(texts: pd.Series[str]) -> str:
    """The different ones of several texts, in their order."""
    return "、".join(dict.fromkeys(text for text in texts if text))


def _name(register: Register, sent: object) -> str:
    if not isinstance(sent, str):
        return UNNAMED
    return register.find(sent) or sent


def _share_of_frame(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, date], register: Register
) -> pd.DataFrame:
    """One row: how many frame rows the query finds, out of all, and in which departments."""
    found = by_department(connection.execute(query, dict(parameters)).df(), register)
    found = found.sort_values(["row_count", "department_name"], ascending=[False, True])
    (total,), row_count = duck.one_row(connection, "select count(*) from frame"), int(found["row_count"].sum())
    # a count and a date with nothing but a bracket between would be taken for a mobile number: 159 (2021-01-02
    shown = [f"{row.department_name} {row.row_count} [{row.cases}]" for row in found[:_NAMES_SHOWN].itertuples()]
    more = [f"… and {len(found) - _NAMES_SHOWN} more departments"] if len(found) > _NAMES_SHOWN else []
    values = (row_count, total, 100.0 * row_count / total if total else 0.0, "；".join([*shown, *more]))
    return pd.DataFrame([values], columns=["row_count", "frame_row_count", "row_pct", "departments"])


def _misdated_total(call_dates: pd.DataFrame) -> pd.DataFrame:
    calls, misdated = int(call_dates["call_count"].sum()), int(call_dates["misdated_count"].sum())
    values = (misdated, calls, 100.0 * misdated / calls if calls else 0.0)
    return pd.DataFrame([values], columns=["misdated_count", "call_count", "misdated_pct"])


def _last_call_day(report: LandingReport, quarter: Quarter, days: int) -> date:
    """The last day a call can bear: so many days after the quarter, and not after the landing."""
    latest = quarter.last_day + timedelta(days=days)
    if not report.landed_at:
        return latest
    return min(latest, local_date(report.landed_at))


def _clock(rule: Rule) -> str:
    minutes = round(60 * rule.number())
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
