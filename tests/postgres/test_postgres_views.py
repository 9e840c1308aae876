"""Views that people made over the marts follow to each new version; what cannot follow is named, and never dropped."""

from __future__ import annotations

from pathlib import Path

import psycopg2
import pytest

from callback_survey.errors import SurveyError
from copies import Copy, marts_file


@pytest.fixture
def newer(copy: Copy, tmp_path: Path) -> Path:
    """The database holds one version; this is the next."""
    copy.publish(marts_file(tmp_path / "old.duckdb", "old"), "v1")
    copy.run("create schema reporting")
    return marts_file(tmp_path / "new.duckdb", "new")


def test_a_view_follows_with_its_owner_grants_options_and_readers(copy: Copy, newer: Path) -> None:
    analyst, guest = copy.server.new_role(), copy.server.new_role()
    copy.as_admin(f"grant {analyst} to {copy.publisher}")
    copy.run(
        f"grant usage on schema marts to {analyst}",
        f"grant select on all tables in schema marts to {analyst}",
        f"grant usage, create on schema reporting to {analyst}",
        f"grant usage on schema reporting to {guest}",
    )
    copy.run(
        "create view reporting.low with (security_barrier = true) as select * from marts.rates where rate_pct < 92",
        "comment on view reporting.low is '低于 92'",
        "create view reporting.lowest as select min(rate_pct) as pct, min(marker) as marker from reporting.low",
        f"grant select on reporting.low, reporting.lowest to {guest}",
        user=analyst,
    )
    query = """
        select oid, relname, pg_get_userbyid(relowner), relacl::text, reloptions, obj_description(oid)
        from pg_class where relkind = 'v' and relnamespace = 'reporting'::regnamespace order by 2
    """
    before = copy.run(query)
    copy.publish(newer, "v2")
    assert copy.run(query) == before
    assert copy.run("select distinct marker from reporting.low", user=guest) == [("new",)]
    assert copy.run("select marker, pct::text from reporting.lowest", user=guest) == [("new", "90.00")]


def test_a_view_among_the_marts_stays_among_them(copy: Copy, newer: Path) -> None:
    copy.run(
        "create view marts.both as select marker from marts.rates union select marker from marts.annex",
        "create view marts.of_both as select marker from marts.both",
        "create view marts.of_nothing as select 'nothing' as marker",
    )
    copy.publish(newer, "v2")
    assert copy.run("select marker from marts.of_both") == [("new",)]
    assert copy.run("select marker from marts.of_nothing") == [("nothing",)]
    assert not copy.publish(newer, "v2").is_new, "somebody's view is no change of ours"


def test_a_view_of_somebody_whose_objects_we_may_not_replace_stops_the_switch_by_name(copy: Copy, newer: Path) -> None:
    analyst = copy.server.new_role()
    copy.run(
        f"grant usage on schema marts to {analyst}",
        f"grant select on marts.rates to {analyst}",
        f"grant usage, create on schema reporting to {analyst}",
    )
    copy.run("create view reporting.mine as select * from marts.rates", user=analyst)
    with pytest.raises(SurveyError) as refused:
        copy.publish(newer, "v2")
    assert "the view reporting.mine reads the marts and cannot follow" in str(refused.value)
    assert f'grant "{analyst}" to "{copy.publisher}"' in str(refused.value)
    assert (copy.markers(), copy.schemas()) == ({"old"}, {"marts", "reporting"})
    copy.as_admin(f"grant {analyst} to {copy.publisher}")
    copy.publish(newer, "v2")
    assert copy.run("select distinct marker from reporting.mine", user=analyst) == [("new",)]


def test_a_view_of_a_column_that_is_gone_is_named(copy: Copy, newer: Path, tmp_path: Path) -> None:
    copy.run("create view reporting.counts as select sample_count from marts.annex")
    less = marts_file(tmp_path / "less.duckdb", "", {"rates": "select 'new' as marker", "annex": "select 1 as other"})
    with pytest.raises(
        SurveyError, match=r"the view reporting\.counts(.|\n)*sample_count(.|\n)*drop view reporting\.counts"
    ):
        copy.publish(less, "v2")
    assert copy.run("select count(*) from reporting.counts") == [(9,)]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "create materialized view reporting.frozen as select * from marts.rates",
            "materialized view reporting.frozen",
        ),
        ("create table reporting.child (code text references marts.rates)", "child_code_fkey on table reporting.child"),
        ("create table marts.mine as select 1 as id", "table marts.mine"),
        ("create table marts.mine as select 1 as id; comment on table marts.mine is 'mine'", "table marts.mine"),
        ("create function marts.answer() returns int language sql return 42", "function marts.answer()"),
        ("create materialized view marts.frozen as select 1 as id", "materialized view marts.frozen"),
    ],
)
def test_what_cannot_follow_is_named_and_kept(copy: Copy, newer: Path, statement: str, named: str) -> None:
    copy.run(statement)
    with pytest.raises(SurveyError, match="another object depends on the marts") as refused:
        copy.publish(newer, "v2")
    assert named in str(refused.value)
    assert "marts_before" not in str(refused.value)
    assert copy.markers() == {"old"}
    with pytest.raises((psycopg2.errors.DuplicateTable, psycopg2.errors.DuplicateFunction)):
        copy.run(statement)  # it is still there
