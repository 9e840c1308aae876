"""Gate 1: what a landed delivery must be before it may become the current one.

Its modules take the facts by DuckDB and pandas alone, where the delivery is landed. Their checks are made where they are asked:
Great Expectations comes with `of_deliveries`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from callback_survey.checks.model import Check, Rule
from callback_survey.landing.ledger import LandingReport
from callback_survey.registers import Register

from . import cases, doubts, files, interviews, spellings

# Department names are as sent (a few hundred texts at most per delivery); the register maps them in Python.
# A case belongs to the department of its first frame row, else to the one the calls name (methodology §1).
_CALLED_CASES = """
    with frame_cases as (
        select case_id, arg_min(department_name, (file, line)) as department_name
        from frame
        group by case_id
    ),
    called_cases as (
        select case_id, arg_min(department_name, (file, line)) as department_name
        from calls
        group by case_id
    )
    select
        coalesce(frame_cases.department_name, called_cases.department_name) as sent_name,
        count(*) as sample_count,
        count(*) filter (frame_cases.case_id is null) as absent_count,
        coalesce(array_to_string(min(called_cases.case_id, 5) filter (frame_cases.case_id is null), '、'), '') as absent_cases
    from called_cases
    left join frame_cases using (case_id)
    group by sent_name
"""
_FRAME_ROWS = "select department_name as sent_name, count(*) as frame_row_count from frame group by department_name"
_REJECTED_CALLS = """
    with frame_cases as (select case_id, any_value(department_name) as department_name from frame group by case_id)
    select
        coalesce(frame_cases.department_name, rejects.department_name) as sent_name,
        count(*) as rejected_count,
        string_agg(distinct rejects.reason, '、' order by rejects.reason) as reasons,
        min(rejects.line) as first_line
    from rejects
    left join frame_cases on json_extract_string(rejects.row_text, '$.case_id') = frame_cases.case_id
    where rejects.dataset = 'calls'
    group by sent_name
"""
_CALL_ROWS = """
    with frame_cases as (select case_id, any_value(department_name) as department_name from frame group by case_id)
    select coalesce(frame_cases.department_name, calls.department_name) as sent_name, count(*) as accepted_count
    from calls
    left join frame_cases using (case_id)
    group by sent_name
"""


def facts(
    connection: duckdb.DuckDBPyConnection,
    report: LandingReport,
    register: Register,
    rules: Mapping[str, Rule],
    *,
    elsewhere: Sequence[tuple[str, str]] = (),
    numbered: Mapping[str, str] | None = None,
) -> dict[str, pd.DataFrame]:
    """Tables of facts about a delivery; `connection` has a view per landed dataset, and `rejects`. `elsewhere` are its files that
    were landed for another region or quarter too (`ledger.landed_elsewhere`); `numbered` the questions that are answered with 1 to 5, with
    their names."""
    tables = files.facts(connection, report) | spellings.facts(connection, report, register)
    tables["elsewhere"] = doubts.delivered_elsewhere(elsewhere)
    if "published" in report.lake_files:
        tables["printed"] = _printed(connection, register)
    if "frame" in report.lake_files:
        departments = _by_department(connection, register, rules["reject_share_by_department"].minimum_count)
        tables["departments"] = departments
        tables["unknown_total"] = _unknown_total(departments)
        tables["rejecting_departments"] = departments[departments["rejected_count"] > 0]
        tables |= cases.frame_facts(connection, report, register)
    if {"frame", "calls"} <= {*report.lake_files}:
        tables |= doubts.facts(connection, rules, numbered or {})
    if "calls" in report.lake_files:
        tables |= cases.call_facts(connection, report, register, rules) | interviews.facts(connection, rules)
    return tables


def suite(rules: Mapping[str, Rule], available: Mapping[str, pd.DataFrame]) -> list[Check]:
    """The checks whose facts this delivery has: annexes alone have no cases, a frame alone has no calls."""
    checks = [
        *files.checks(rules),
        *spellings.checks(),
        *_case_checks(rules),
        *cases.checks(rules),
        *doubts.checks(rules),
        *interviews.checks(rules),
        *_printed_checks(),
    ]
    return [check for check in checks if check.facts in available]


def _case_checks(rules: Mapping[str, Rule]) -> list[Check]:
    from . import of_deliveries

    share = rules["unknown_department_share"].number()
    rejected = rules["reject_share_by_department"].number()
    counts = ("department_name", "sample_count", "frame_row_count")
    rejects = ("department_name", "rejected_count", "reject_pct", "reasons", "first_line")
    return [
        Check(
            "sample_within_frame_rows",
            facts="departments",
            expectation=of_deliveries.ExpectSampleWithinFrameRows(),
            example="{department_name}: 抽样 {sample_count} > 样本框 {frame_row_count}",
            shows=counts,
            allows="sample ≤ frame rows, in every department",
        ),
        Check(
            "called_cases_in_frame",
            facts="departments",
            expectation=of_deliveries.ExpectCalledCasesInFrame(),
            example="{department_name}: {absent_count} called cases have no frame row, such as {absent_cases}",
            shows=("department_name", "absent_count", "absent_cases"),
            allows="0",
        ),
        Check(
            "unknown_department_share",
            facts="unknown_total",
            expectation=of_deliveries.ExpectUnknownDepartmentsWithinShare(max_value=share),
            example="{unknown_count} of {frame_row_count} frame rows ({unknown_pct:.2f} %)",
            shows=("unknown_count", "frame_row_count", "unknown_pct"),
            allows=f"at most {share:g} % of the frame",
        ),
        Check(
            "unknown_department_called",
            facts="departments",
            expectation=of_deliveries.ExpectNoUnknownDepartmentCalled(),
            example="{department_name}: {unknown_called_count} called cases{hint}",
            shows=("department_name", "unknown_called_count", "hint"),
            allows="0",
        ),
        Check(
            "reject_share_by_department",
            facts="departments",
            expectation=of_deliveries.ExpectDepartmentRejectsWithinShare(max_value=rejected),
            example="{department_name}: {rejected_count} call rows rejected ({reject_pct:.2f} %), {reasons}",
            shows=rejects,
            allows=f"at most {rejected:g} % of a department's call rows, from "
            f"{rules['reject_share_by_department'].minimum_count} rejected rows on",
        ),
        Check(
            "rejected_calls",
            facts="rejecting_departments",
            expectation=of_deliveries.ExpectNoRejectedCalls(),
            example="{department_name}: {rejected_count} call rows rejected, {reasons}, first on line {first_line}",
            shows=rejects,
            allows="0",
            rows_may_be_missing=True,
        ),
    ]


def _printed_checks() -> list[Check]:
    from . import of_deliveries

    return [
        Check(
            "published_rows_known",
            facts="printed",
            expectation=of_deliveries.ExpectPrintedDepartmentsRegistered(),
            example="{file} line {line}: {department_name}{hint}",
            shows=("file", "line", "department_name", "hint"),
            allows="every printed department is in the register",
        )
    ]


def _printed(connection: duckdb.DuckDBPyConnection, register: Register) -> pd.DataFrame:
    frame = connection.execute("select file, line, department_name from published order by file, line").df()
    frame["is_known"] = [register.find(name) is not None for name in frame["department_name"]]
    frame["hint"] = [register.hint(name) for name in frame["department_name"]]
    return frame


def _by_department(connection: duckdb.DuckDBPyConnection, register: Register, minimum_rejected: int) -> pd.DataFrame:
    """One row per register department and per unknown name, with the counts of frame, calls and rejects."""
    parts = [connection.execute(query).df() for query in (_FRAME_ROWS, _CALLED_CASES, _CALL_ROWS, _REJECTED_CALLS)]
    sent = pd.concat(parts, ignore_index=True)
    names = [register.find(name if isinstance(name, str) else None) for name in sent["sent_name"]]
    sent["is_known"] = [name is not None for name in names]
    sent["department_name"] = [
        name or (sent_name if isinstance(sent_name, str) else cases.UNNAMED)
        for name, sent_name in zip(names, sent["sent_name"], strict=True)
    ]
    registered = pd.DataFrame({"department_name": sorted(set(register.names.values())), "is_known": True})
    sent = pd.concat([sent, registered], ignore_index=True)
    counts = ["frame_row_count", "sample_count", "absent_count", "rejected_count", "accepted_count"]
    sent[counts] = sent[counts].fillna(0).astype("int64")
    sent["absent_cases"] = sent["absent_cases"].fillna("")
    sent["reasons"] = sent["reasons"].fillna("")
    departments = sent.groupby(["department_name", "is_known"], as_index=False).agg(
        {**dict.fromkeys(counts, "sum"), "absent_cases": cases.joined, "reasons": cases.joined, "first_line": "min"}
    )
    departments["first_line"] = departments["first_line"].fillna(0).astype("int64")
    # one rejected row of a small department is no pattern
    judged = departments["rejected_count"].where(departments["rejected_count"] >= minimum_rejected, 0)
    departments["reject_pct"] = (
        100.0 * judged / (departments["rejected_count"] + departments["accepted_count"]).clip(lower=1)
    )
    # what names no department is no department, all of whose rows would be rejected; it is in the share of the whole
    departments.loc[departments["department_name"] == cases.UNNAMED, "reject_pct"] = 0.0
    # cases that name no department anywhere are called cases without a frame row, and told as these alone
    departments.loc[departments["department_name"] == cases.UNNAMED, "sample_count"] = 0
    departments["unknown_called_count"] = departments["sample_count"].where(~departments["is_known"], 0)
    departments["hint"] = [
        "" if known else register.hint(name)
        for name, known in zip(departments["department_name"], departments["is_known"], strict=True)
    ]
    return departments


def _unknown_total(departments: pd.DataFrame) -> pd.DataFrame:
    total = int(departments["frame_row_count"].sum())
    unknown = int(departments["frame_row_count"][~departments["is_known"]].sum())
    share = 100.0 * unknown / total if total else 100.0
    return pd.DataFrame({"unknown_count": [unknown], "frame_row_count": [total], "unknown_pct": [share]})
