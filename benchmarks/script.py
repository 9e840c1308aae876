"""The peer: the same rates from the same files by one hand-written DuckDB script, as an analyst would write it.

No tokens, no ledger, no checks, no rejects with reasons, no releases, no documents: what it costs is the least that reading the
files and counting can cost.

    python -m benchmarks.script EXPORTS REGISTERS rates.parquet
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

_SQL = """
    create temp macro key(name) as lower(translate(regexp_replace(name, '\\s', '', 'g'), '（）　', '() '));

    create temp table departments as
    select region_code, key(name) as key, any_value(code) as code
    from (
        select region_code, department_name as name, department_code as code
        from read_csv('{registers}/departments.csv', all_varchar = true)
        union all
        select region_code, alias, department_code
        from read_csv('{registers}/department_aliases.csv', all_varchar = true)
    )
    group by all;

    create temp table frame as
    with given as (
        select split_part(filename, '/', -3) as region_code, row_number() over () as line, *
        from read_csv('{exports}/*/*/frame*.csv', all_varchar = true, filename = true)
    ),
    found as (
        select
            given.region_code, line, 办件编号 as case_id, departments.code, 联系电话 as phone,
            try_strptime(办结日期, '%Y-%m-%d') as completed_on
        from given
        left join departments on given.region_code = departments.region_code and key(部门名称) = departments.key
    )
    select * from found qualify row_number() over (partition by region_code, case_id order by line) = 1;

    create temp table calls as
    select
        split_part(filename, '/', -3) as region_code, 办件编号 as case_id, 回访时间 as called_at,
        第几次::integer as attempt_no, nullif(满意度, '') as satisfaction, nullif(跑动次数, '') as visits
    from read_csv('{exports}/*/*/calls*.csv', all_varchar = true, filename = true, union_by_name = true);

    create temp table answers as
    select
        region_code, case_id,
        arg_max(satisfaction, (called_at, attempt_no))
            filter (regexp_full_match(satisfaction, '[1-5]|满意|比较满意|基本满意|不太满意|不满意')) as satisfaction,
        arg_max(visits, (called_at, attempt_no))
            filter (regexp_full_match(visits, '[0-9]+次?|零次|零上门|一次|两次.*|三次.*')) as visits
    from calls
    group by all;

    copy (
        with frames as (
            select region_code, code, count(*) as frame_row_count
            from frame
            group by all
        )
        select
            region_code, code as department_code, any_value(frame_row_count) as frame_row_count,
            count(*) as sample_count,
            count(satisfaction) as satisfaction_count,
            count(*) filter (satisfaction in ('满意', '5')) as satisfied_count,
            count(visits) as visits_count
        from answers
        inner join frame using (region_code, case_id)
        inner join frames using (region_code, code)
        group by all
        order by all
    ) to '{target}';
"""


def main(exports: Path, registers: Path, target: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{os.environ.get('CALLBACK_SURVEY_MEMORY_LIMIT', '2GB')}'")
        connection.execute(_SQL.format(exports=exports, registers=registers, target=target))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
