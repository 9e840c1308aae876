"""Gate 1, who and when: an interviewer or an hour whose answers are too much alike, too different, or too many.

An interviewer is compared with the others within the same departments, since offices differ more than interviewers do.
A work number names a person, so an interviewer is named by the first row of theirs instead.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pandas as pd

from callback_survey.checks.model import Check, Rule

from .chance import Stratum, benjamini_hochberg, exact_p

# One row per answered call of an interviewer, or within a clock hour; `place` is what the group is called.
_GROUPED = {
    "interviewer": """
        select *, agent_id as group_key,
            first_value(file || ' line ' || line) over (partition by agent_id order by file, line) as place
        from called_rows
        where agent_id is not null and is_said
    """,
    "hour": """
        select *, strftime(called_at, '%Y-%m-%d %H:00') as group_key, strftime(called_at, '%Y-%m-%d %H:00') as place
        from called_rows
        where has_time and is_said
    """,
}
# every group's interviews by their answers together; the count of these among all others says how common they are
_PAIRS = """
    with pairs as (
        select group_key, any_value(place) as place, answer_codes, mode(answer_words) as words, count(*) as pair_count
        from {grouped}
        group by group_key, answer_codes
    ),
    totals as (
        select *,
            sum(pair_count) over (partition by group_key) as interview_count,
            count(*) over (partition by group_key) as distinct_count,
            sum(pair_count) over (partition by answer_codes) as all_of_pair,
            sum(pair_count) over () as all_interviews
        from pairs
    )
    select place, words, interview_count::bigint as interview_count,
        distinct_count = 1 as is_alike,
        coalesce((all_of_pair - pair_count) / nullif(all_interviews - interview_count, 0), 0)::double as others_share
    from totals
    -- an only group has no others to be unlike
    where interview_count >= $minimum_count and all_interviews > interview_count
    qualify row_number() over (partition by group_key order by pair_count desc, words) = 1
    order by place
"""
# answers in long form, counted by group and department, with the department's totals beside them
_STRATA = """
    with answers as (
        select group_key, place, sent_name, question, answer_code as code, answer as word
        from {grouped}
        inner join answers using (file, line)
        where answer_code is not null
    ),
    words as (select question, code, mode(word) as word from answers group by question, code),
    groups as (
        select group_key, any_value(place) as place, sent_name, question, count(*) as group_count
        from answers
        group by group_key, sent_name, question
        qualify sum(group_count) over (partition by group_key, question) >= $minimum_count
    ),
    hits as (select group_key, sent_name, question, code, count(*) as hit_count from answers group by all),
    departments as (select sent_name, question, count(*) as answer_count from answers group by all),
    department_hits as (select sent_name, question, code, count(*) as hit_count from answers group by all)
    select
        groups.place, words.question, words.code, words.word,
        groups.group_count::bigint as group_count,
        coalesce(hits.hit_count, 0)::bigint as observed,
        coalesce(department_hits.hit_count, 0)::bigint as hit_count,
        departments.answer_count::bigint as answer_count
    from groups
    inner join words using (question)
    inner join departments
        on departments.sent_name is not distinct from groups.sent_name and departments.question = groups.question
    left join department_hits
        on department_hits.sent_name is not distinct from groups.sent_name and department_hits.code = words.code
        and department_hits.question = groups.question
    left join hits
        on hits.group_key = groups.group_key and hits.sent_name is not distinct from groups.sent_name
        and hits.code = words.code and hits.question = groups.question
    order by groups.place, words.question, words.code, groups.sent_name
"""
_PACE = """
    with interviews as (
        select agent_id, called_at, file || ' line ' || line as row_place, file, line
        from called_rows
        where agent_id is not null and has_time and is_complete
    ),
    counted as (
        select *,
            count(*) over (
                partition by agent_id order by called_at range between interval '60 minutes' preceding and current row
            ) as within_hour
        from interviews
    )
    select min_by(row_place, (file, line)) as place, max(within_hour) as within_hour,
        strftime(arg_max(called_at, within_hour), '%Y-%m-%d %H:%M') as until
    from counted
    group by agent_id
    order by place
"""
_NAMES = {"interviewer": "interviewer of {place}", "hour": "{place}"}
_NO_GROUP = {
    "interviewer": "no interviewer is named, or none has {minimum_count} interviews",
    "hour": "no hour has {minimum_count} interviews",
}


def facts(connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Rule]) -> dict[str, pd.DataFrame]:
    """Tables of facts per interviewer and per hour; `connection` has the view `called_rows`."""
    tables = {"pace": connection.execute(_PACE).df()}
    for group, query in _GROUPED.items():
        connection.execute(f"create or replace temp view {group}_rows as {query}")
        alike, differ = rules[f"{group}_answers_alike"], rules[f"{group}_answers_differ"]
        tables[f"{group}_pairs"] = _alike(connection, group, alike)
        tables[f"{group}_answers"] = _different(connection, group, differ)
    return tables


def checks(rules: Mapping[str, Rule]) -> list[Check]:
    from . import of_deliveries

    pace = rules["interviewer_pace"].number()
    return [
        *(check for group in _GROUPED for check in _group_checks(group, rules)),
        Check(
            "interviewer_pace",
            facts="pace",
            expectation=of_deliveries.ExpectInterviewsWithinPace(max_value=pace),
            example="interviewer of {place}: {within_hour} complete interviews within the hour until {until}",
            shows=("place", "within_hour", "until"),
            allows=f"at most {pace:g} within sixty minutes",
            rows_may_be_missing=True,
            nothing="the calls name no interviewer or no time of day",
        ),
    ]


def _group_checks(group: str, rules: Mapping[str, Rule]) -> list[Check]:
    from . import of_deliveries

    expected = {
        "interviewer": (of_deliveries.ExpectInterviewerAnswersToVary, of_deliveries.ExpectInterviewerAnswersLikeOthers),
        "hour": (of_deliveries.ExpectHourAnswersToVary, of_deliveries.ExpectHourAnswersLikeOthers),
    }
    alike, differ = rules[f"{group}_answers_alike"], rules[f"{group}_answers_differ"]
    name, nothing = _NAMES[group], _NO_GROUP[group]
    to_vary, like_others = expected[group]
    return [
        Check(
            alike.check_id,
            facts=f"{group}_pairs",
            expectation=to_vary(),
            example=f"{name}: {{words}} in all of {{interview_count}} interviews; of the others {{others_pct:.2f}} %",
            shows=("place", "words", "interview_count", "others_pct"),
            allows=f"different answers, from {alike.minimum_count} interviews on, unless chance explains it "
            f"(p ≥ {alike.chance():g})",
            rows_may_be_missing=True,
            nothing=nothing.format(minimum_count=alike.minimum_count),
        ),
        Check(
            differ.check_id,
            facts=f"{group}_answers",
            expectation=like_others(),
            example=f"{name}: {{word}} {{observed}} of {{count}} ({{share_pct:.2f}} %); in these departments {{expected_pct:.2f}} %",
            shows=("place", "word", "observed", "count", "share_pct", "expected_pct"),
            allows=f"within {differ.number():g} points of what the same departments answer, from {differ.minimum_count} "
            f"answers on, unless chance explains it (q ≥ {differ.chance():g})",
            rows_may_be_missing=True,
            nothing=nothing.format(minimum_count=differ.minimum_count),
        ),
    ]


def _alike(connection: duckdb.DuckDBPyConnection, group: str, rule: Rule) -> pd.DataFrame:
    found = connection.execute(_PAIRS.format(grouped=f"{group}_rows"), {"minimum_count": rule.minimum_count}).df()
    # that everybody gives the commonest answers is likely where nearly all do
    likely = found["others_share"] ** found["interview_count"]
    found["is_suspicious"] = found["is_alike"] & (likely < rule.chance())
    found["others_pct"] = 100 * found["others_share"]
    return found


def _different(connection: duckdb.DuckDBPyConnection, group: str, rule: Rule) -> pd.DataFrame:
    """One row per group and answer: its share, and the one it would have with the shares of its departments."""
    rows = connection.execute(_STRATA.format(grouped=f"{group}_rows"), {"minimum_count": rule.minimum_count}).df()
    rows["expected"] = rows["group_count"] * rows["hit_count"] / rows["answer_count"]
    keys = ["place", "question", "code"]
    compared = rows.groupby(keys, as_index=False).agg(
        word=("word", "first"),
        observed=("observed", "sum"),
        count=("group_count", "sum"),
        expected=("expected", "sum"),
    )
    compared["share_pct"] = 100 * compared["observed"] / compared["count"]
    compared["expected_pct"] = 100 * compared["expected"] / compared["count"]
    # the exact test only where the limit in points is passed; the rest count as compared, with p = 1
    far = compared[(compared["share_pct"] - compared["expected_pct"]).abs() > rule.number()]
    strata = {key: _strata(part) for key, part in rows.merge(far[keys]).groupby(keys)}
    p_values = [exact_p(strata[tuple(row[key] for key in keys)], int(row["observed"])) for _, row in far.iterrows()]
    q_values = pd.Series(benjamini_hochberg(p_values, len(compared)), index=far.index, dtype="float64")
    compared["is_suspicious"] = q_values.reindex(compared.index, fill_value=1.0) < rule.chance()
    return compared


def _strata(part: pd.DataFrame) -> list[Stratum]:
    counts = part[["group_count", "hit_count", "answer_count"]]
    return [Stratum(*(int(value) for value in row)) for row in counts.itertuples(index=False)]
