"""Which case numbers are numbers of people: judged as a column, because a single one cannot tell.

A permit's number of 18 digits (division, date, serial) has the shape of an identity number, and 18030100001 (date, serial) that of a
mobile number. Identity numbers have the right check digit (GB 11643), which one in eleven other numbers has by chance, and are
dated by the birth of grown-ups; case numbers are dated about the quarter, or run on from one beginning. Where a column does
not show that its numbers are those of cases, each that has the shape of a number of a person is taken for one.
"""

from __future__ import annotations

from callback_survey.privacy import ELEVEN_DIGITS, IDENTITY_IN_CASE, MAY_HOLD_PERSONAL_NUMBER, MOBILE_IN_CASE, plain_sql

# From so many numbers of a shape on, they can tell of themselves what they are; fewer can where the column has no others.
ENOUGH_TO_JUDGE = 5
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
# A case is dated in the quarter's year or one of the two before
_YEARS_BEFORE = 2


def personal_cases_sql(
    relation: str, *, case_id: str, year: str, phone: str = "null", enough: int = ENOUGH_TO_JUDGE
) -> str:
    """SQL for the rows (file, line, case_id) whose case number is a number of a person. Each file is judged by itself.

    `case_id`, `year` (of the quarter) and `phone` are SQL over the relation, which has columns file and line.
    """
    right_digit = f"upper(right(identity, 1)) = substr('{_CHECK_DIGITS}', 1 + ({_weighted('identity')}) % 11, 1)"
    is_long = f"regexp_matches(case_id, '{MAY_HOLD_PERSONAL_NUMBER}')"
    return f"""
        with long_ones as materialized (
            select file, line, {case_id} as case_id, {phone} as phone
            from {relation}
            where regexp_matches({case_id}, '{MAY_HOLD_PERSONAL_NUMBER}')
        ),
        -- DuckDB moves the conditions on the form down into the scan, before the cheap one: the form is asked for it again
        plain as (select *, case when {is_long} then {plain_sql("case_id")} end as form, {year} as year from long_ones),
        shaped as (
            select *, {_core("form", IDENTITY_IN_CASE)} as identity,
                if(identity = '', {_core("form", MOBILE_IN_CASE)}, '') as mobile
            from plain
            where regexp_matches(form, '{ELEVEN_DIGITS}')
        ),
        looked_at as materialized (
            select *,
                coalesce(try_cast(substr(identity, 7, 4) as integer) between year - {_YEARS_BEFORE} and year, false) as is_recent,
                case when identity <> '' then {right_digit} else false end as is_right,
                try_strptime('20' || left(mobile, 6), '%Y%m%d') is not null
                    and try_cast('20' || left(mobile, 2) as integer) between year - {_YEARS_BEFORE} and year as is_dated
            from shaped
            where identity <> '' or mobile <> ''
        ),
        columns_of as (
            select file,
                count(*) filter (identity <> '') as identity_count,
                count(*) filter (is_right) as right_count,
                count(*) filter (is_recent) as recent_count,
                mode(left(identity, 6)) filter (identity <> '') as region,
                count(*) filter (mobile <> '') as mobile_count,
                count(*) filter (is_dated) as dated_count,
                mode(left(mobile, 6)) filter (mobile <> '') as beginning,
                coalesce(bool_or(mobile = phone), false) as is_phone_column
            from looked_at
            group by file
        ),
        begun as (
            select file, count(*) as begun_count
            from looked_at
            inner join columns_of using (file)
            where left(mobile, 6) = beginning
            group by file
        ),
        totals as (select file, count({case_id}) as id_count from {relation} group by file),
        judged as (
            select *,
                (identity_count >= {enough} or identity_count >= 0.9 * id_count) and right_count <= 0.5 * identity_count
                    as are_permits,
                (mobile_count >= {enough} or mobile_count >= 0.9 * id_count) and dated_count >= 0.9 * mobile_count as are_dated,
                mobile_count >= {2 * enough} and begun_count >= 0.9 * mobile_count as are_serials
            from looked_at
            inner join columns_of using (file)
            inner join totals using (file)
            left join begun using (file)
        )
        select file, line, case_id
        from judged
        where case
            when identity <> '' then not are_permits or identity ilike '%x'
                or (is_right and if(recent_count >= 0.5 * identity_count, not is_recent, left(identity, 6) <> region))
            else is_phone_column or not ((are_dated and is_dated) or (are_serials and left(mobile, 6) = beginning))
        end
    """


def shapes_sql(case_id: str) -> str:
    """SQL for two counts over a column of case numbers: those shaped like identity numbers, and those shaped like mobile numbers."""
    is_long, plain = f"regexp_matches({case_id}, '{ELEVEN_DIGITS}')", plain_sql(case_id)
    identity, mobile = (f"regexp_matches({plain}, '{shape}')" for shape in (IDENTITY_IN_CASE, MOBILE_IN_CASE))
    return (
        f"count(*) filter (case when {is_long} then {identity} end), "
        f"count(*) filter (case when {is_long} then {mobile} and not {identity} end)"
    )


def _core(text: str, pattern: str) -> str:
    """The number in a case number, without what parts its digits; empty where there is none."""
    return f"regexp_replace(regexp_extract({text}, '{pattern}', 2), '[^0-9Xx]', '', 'g')"


def _weighted(number: str) -> str:
    return " + ".join(f"{weight} * substr({number}, {place}, 1)::integer" for place, weight in enumerate(_WEIGHTS, 1))
