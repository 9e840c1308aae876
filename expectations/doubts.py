"""Gate 1, what may be right and looks like a mistake that nothing else would show: answers coded the other way round, the same
calls or the same file twice, case numbers that agree but for leading zeros.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from callback_survey.checks.model import Check, Rule

# Answers given as bare numbers only: in 1-满意 the word decides
_NUMBERED = """
    select question, count(*) as numbered_count,
        count(*) filter (starts_with(answer, '1')) as lowest_count,
        count(*) filter (starts_with(answer, '5')) as highest_count
    from answers
    where question in (select unnest($questions)) and regexp_full_match(answer, '[1-5]([.]0+)?')
    group by question
    order by question
"""
_REPEATED_CALLS = """
    with numbered as (
        select file, line, case_id,
            row_number() over same_call as number,
            first_value(file) over same_call as first_file,
            first_value(line) over same_call as first_line
        from calls
        left join (
            select file, line, string_agg(question || ' ' || answer, '、' order by question) as said from answers group by file, line
        ) using (file, line)
        window same_call as (
            partition by case_id, called_at, attempt_no, disposition, said, agent_id order by file, line
        )
    )
    select file, first_file, count(*) as row_count, min(line) as line, arg_min(first_line, line) as first_line
    from numbered
    where number > 1
    group by file, first_file
    order by file, first_file
"""
# What programs and people change in a number without seeing it: leading zeros, letter case, width, spaces and strokes
_PLAIN = string.digits + string.ascii_letters
_WIDE = "".join(chr(ord(sign) + 0xFEE0) for sign in _PLAIN)
_BARE = (
    f"ltrim(lower(regexp_replace(translate({{id}}, '{_WIDE}', '{_PLAIN}'), '[^0-9A-Za-z\u4e00-\u9fff]', '', 'g')), '0')"
)
_ALIKE = f"""
    with absent as (
        select distinct case_id, {_BARE.format(id="case_id")} as bare from calls anti join frame using (case_id)
    ),
    alike as (
        select absent.case_id, min(frame.case_id) as frame_case_id
        from absent
        inner join frame on bare = {_BARE.format(id="frame.case_id")}
        group by absent.case_id
    )
    select count(*) as case_count, min(case_id) as case_id, arg_min(frame_case_id, case_id) as frame_case_id from alike
    having count(*) > 0
"""
_ELSEWHERE = ("name", "other")


def delivered_elsewhere(found: Sequence[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(found, columns=list(_ELSEWHERE))


def facts(
    connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Rule], names: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    """Tables of facts; `connection` has views `frame`, `calls` and `answers`. `names`: of the questions answered with 1 to 5."""
    numbered = connection.execute(_NUMBERED, {"questions": list(names)}).df()
    numbered["question_name"] = numbered["question"].map(dict(names))
    numbered["lowest_pct"] = 100.0 * numbered["lowest_count"] / numbered["numbered_count"].clip(lower=1)
    return {
        "numbered_answers": numbered[numbered["numbered_count"] >= rules["answers_reversed"].minimum_count],
        "repeated_calls": connection.execute(_REPEATED_CALLS).df(),
        "alike_cases": connection.execute(_ALIKE).df(),
    }


def checks(rules: Mapping[str, Rule]) -> list[Check]:
    from . import of_deliveries

    reversed_from = rules["answers_reversed"]
    return [
        Check(
            "answers_reversed",
            facts="numbered_answers",
            expectation=of_deliveries.ExpectAnswersNotReversed(max_value=reversed_from.number()),
            example="{question_name}: {lowest_count} of {numbered_count} answers given as numbers are 1 ({lowest_pct:.2f} %), "
            "{highest_count} are 5; 5 is read as the best answer",
            shows=("question_name", "lowest_count", "numbered_count", "lowest_pct", "highest_count"),
            allows=f"at most {reversed_from.number():g} % of the answers given as numbers are 1, from "
            f"{reversed_from.minimum_count} answers on",
            rows_may_be_missing=True,
            nothing="too few answers are given as numbers",
        ),
        Check(
            "repeated_calls",
            facts="repeated_calls",
            expectation=of_deliveries.ExpectCallsDeliveredOnce(),
            example="{file}: {row_count} call rows repeat rows of {first_file}, such as line {line} its line {first_line}",
            shows=("file", "row_count", "first_file", "line", "first_line"),
            allows="no call is delivered twice",
            rows_may_be_missing=True,
            nothing="no call row repeats another",
        ),
        Check(
            "case_ids_alike",
            facts="alike_cases",
            expectation=of_deliveries.ExpectCaseNumbersWrittenAlike(),
            example="{case_count} called cases have no frame row and agree with one but for leading zeros, letter case, spaces or signs, "
            "such as {case_id} and {frame_case_id}",
            shows=("case_count", "case_id", "frame_case_id"),
            allows="frame and calls write case numbers alike",
            rows_may_be_missing=True,
            nothing="no case number is written in two ways",
        ),
        Check(
            "delivered_elsewhere",
            facts="elsewhere",
            expectation=of_deliveries.ExpectNotDeliveredElsewhere(),
            example="{name}: the same bytes were delivered for {other}",
            shows=_ELSEWHERE,
            allows="no file was delivered for another region or quarter",
            rows_may_be_missing=True,
            nothing="no file was delivered elsewhere too",
        ),
    ]
