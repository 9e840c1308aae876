"""The copy in PostgreSQL holds what the served file holds: rows, types, keys, descriptions."""

from __future__ import annotations

import math
import re
from pathlib import Path

import duckdb
import psycopg2
import pytest

from callback_survey.errors import SurveyError
from copies import Copy, marts_file
from homes import Served

TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}


def test_every_served_table_is_there_row_by_row_with_its_types_key_and_words(copy: Copy, served: Served) -> None:
    copy.publish(served.home.serving / "marts.duckdb", "v1")
    tables = served.home.query("select table_name, comment from duckdb_tables() order by 1")
    described = "select relname, obj_description(oid) from pg_class where relnamespace = 'marts'::regnamespace and relkind = 'r'"
    assert sorted(copy.run(described)) == tables
    for name, _ in tables:
        columns = served.home.query(
            f"select column_name, data_type, comment from duckdb_columns() where table_name = '{name}' and not internal"
            " order by column_index"
        )
        expected = [
            (column, re.sub("DECIMAL", "numeric", TYPES.get(kind, kind)), text) for column, kind, text in columns
        ]
        described = f"""
            select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)
            from pg_attribute where attrelid = 'marts.{name}'::regclass and attnum > 0 order by attnum
        """
        assert copy.run(described) == expected, name
        listed = ", ".join(f'"{column}"' for column, *_ in columns)
        rows = served.home.query(f"select {listed} from {name}")
        assert rows or name == "department_successions"
        assert sorted(copy.run(f"select {listed} from marts.{name}"), key=repr) == sorted(rows, key=repr), name


def test_keys_and_references_are_those_of_the_served_file(copy: Copy, served: Served) -> None:
    copy.publish(served.home.serving / "marts.duckdb", "v1")
    declared = """
        select table_name, replace(constraint_type, ' ', '_'), constraint_column_names, referenced_table
        from duckdb_constraints() where constraint_type in ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY') order by all
    """
    found = """
        select own.relname, case contype when 'p' then 'PRIMARY_KEY' when 'u' then 'UNIQUE' else 'FOREIGN_KEY' end,
            array(select attname::text from unnest(conkey) with ordinality as part (number, place)
                inner join pg_attribute on attrelid = conrelid and attnum = number order by place),
            other.relname
        from pg_constraint
        inner join pg_class as own on own.oid = conrelid
        left join pg_class as other on other.oid = confrelid
        where connamespace = 'marts'::regnamespace and contype in ('p', 'u', 'f')
    """
    expected = served.home.query(declared)
    assert len({table for table, kind, *_ in expected if kind != "FOREIGN_KEY"}) == len(
        served.home.query("show tables")
    )
    assert sorted(copy.run(found), key=repr) == sorted(expected, key=repr)
    for statement, error in (
        ("insert into marts.measures select * from marts.measures", psycopg2.errors.UniqueViolation),
        (
            "update marts.region_rates set measure = 'other' where measure = 'satisfaction'",
            psycopg2.errors.ForeignKeyViolation,
        ),
    ):
        with pytest.raises(error):
            copy.run(statement)


NASTY = """
    select * from (values
        ('empty', '', 0e0, 0::bigint, 0.00::decimal(5, 2), true, date '2018-04-20', timestamp '2018-04-20 06:00:00.123456'),
        ('null', null, null, null, null, null, null, null),
        ('quoted', 'a, "b"; c''s 100 %s \\', 0.1e0 + 0.2e0, 9223372036854775807, 100.00, false, date '0001-01-01', null),
        ('lines', E'first\\nsecond\\r\\n\\\\.\\n\\ttab', 5e-324, -9223372036854775808, -1, true, date '9999-12-31', null),
        ('marker', '\\N', 'nan'::double, 1, 94.77, false, date '2018-04-20', null),
        ('words', 'NULL', '-inf'::double, 1, 94.76, false, date '2018-04-20', null),
        ('names', '区公安分局（出入境）　𠮷', 1.7976931348623157e308, 1, 92.53, false, date '2018-04-20', null)
    ) t (id, words, number, count, pct, is_it, on_day, at_time)
"""


def test_values_that_are_easily_mangled_arrive_as_they_are(copy: Copy, tmp_path: Path) -> None:
    marts = marts_file(tmp_path / "marts.duckdb", "", {'odd "name" %s': NASTY})
    with duckdb.connect(str(marts)) as connection:
        connection.execute('alter table "odd ""name"" %s" add primary key (id)')
    copy.publish(marts, "v1")
    with duckdb.connect(str(marts), read_only=True) as connection:
        expected = connection.execute('from "odd ""name"" %s" order by id').fetchall()
    found = copy.run('select * from marts."odd ""name"" %s" order by id')
    assert repr(found) == repr(expected), "also NaN, which equals nothing"
    assert sum(math.isnan(row[2]) for row in found if row[2] is not None) == 1


def test_a_key_with_gaps_is_unique_and_no_primary_key(copy: Copy, tmp_path: Path) -> None:
    marts = marts_file(tmp_path / "m.duckdb", "", {"checks": "select 1 as i"})
    with duckdb.connect(str(marts)) as connection:
        connection.execute("create table gaps (run_id text, revision bigint, unique (run_id, revision))")
        connection.execute("insert into gaps values ('a', 1), ('b', null), ('b', null)")
        connection.execute("comment on table gaps is 'Some.'")
    copy.publish(marts, "v1")
    kinds = "select indisprimary, indisunique from pg_index where indrelid = 'marts.gaps'::regclass"
    assert copy.run(kinds) == [(False, True)]


def test_a_type_without_a_counterpart_is_named_and_nothing_is_changed(copy: Copy, tmp_path: Path) -> None:
    copy.publish(marts_file(tmp_path / "good.duckdb", "good"), "v1")
    listed = marts_file(tmp_path / "bad.duckdb", "", {"rates": "select ['a'] as codes"})
    with pytest.raises(SurveyError, match=r"VARCHAR\[\] has no counterpart(.|\n)*rates\.codes"):
        copy.publish(listed, "v2")
    assert (copy.markers(), copy.schemas()) == ({"good"}, {"marts"})
