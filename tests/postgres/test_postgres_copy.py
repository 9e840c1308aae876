"""Who may read the copy, when it is made anew, and what it never touches."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest

from callback_survey.errors import SurveyError, UsageError
from copies import Copy, marts_file
from postgres_servers import PASSWORD


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return marts_file(tmp_path / "first.duckdb", "first")


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return marts_file(tmp_path / "second.duckdb", "second")


def test_the_reading_role_reads_every_version_and_writes_none(copy: Copy, first: Path, second: Path) -> None:
    reader = copy.server.new_role()
    for marts, marker in ((first, "first"), (second, "second")):
        copy.publish(marts, marker, reader=reader)
        for table in ("rates", "annex", "notes"):
            assert copy.run(f"select distinct marker from marts.{table}", user=reader) == [(marker,)]
    for statement in (
        "update marts.rates set marker = 'mine'",
        "delete from marts.rates",
        "truncate marts.rates",
        "drop table marts.rates",
        "create table marts.mine (id int)",
        "create table public.mine (id int)",
        "insert into marts.notes values ('mine', 'mine')",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            copy.run(statement, user=reader)
    assert copy.markers() == {"second"}


def test_a_missing_reading_role_is_made_by_a_user_who_may(copy: Copy, first: Path) -> None:
    role = f"readers_of_{copy.database}"
    with pytest.raises(SurveyError, match=f'as an administrator of the database: create role "{role}" nologin'):
        copy.publish(first, "v1", reader=role)
    assert copy.schemas() == set(), "nothing without its readers"
    copy.as_admin(f"alter role {copy.publisher} createrole")
    copy.publish(first, "v1", reader=role)
    member = copy.server.new_role()
    copy.as_admin(f"grant {role} to {member}")
    assert copy.run("select count(*) from marts.rates", user=member) == [(5,)]


def test_the_same_version_again_does_nothing(copy: Copy, first: Path) -> None:
    reader = copy.server.new_role()
    assert copy.publish(first, "v1", reader=reader).is_new
    before = copy.identities()
    assert not copy.publish(first, "v1", reader=reader).is_new
    assert copy.identities() == before


@pytest.mark.parametrize(
    "change",
    [
        "update marts.rates set rate_pct = 99.99 where department_code = 'd1'",
        "delete from marts.rates where department_code = 'd1'",
        "insert into marts.notes values ('another', 'first')",
        "drop table marts.annex",
        "alter table marts.rates alter rate_pct type text",
        "comment on column marts.rates.marker is 'somebody else''s word'",
        "comment on schema marts is 'callback-survey marts, version v0, content 0. Of another installation.'",
        "drop schema marts cascade",
        "revoke select on marts.rates from {reader}",
        "revoke usage on schema marts from {reader}",
    ],
)
def test_a_copy_that_was_lost_or_changed_is_made_again(copy: Copy, first: Path, change: str) -> None:
    reader = copy.server.new_role()
    copy.publish(first, "v1", reader=reader)
    expected = copy.run("select * from marts.rates order by 1")
    copy.run(change.format(reader=reader))
    assert copy.publish(first, "v1", reader=reader).is_new
    assert copy.run("select * from marts.rates order by 1", user=reader) == expected
    assert copy.run("select count(*) from marts.annex", user=reader) == [(9,)]
    assert not copy.publish(first, "v1", reader=reader).is_new


def test_a_schema_of_somebody_else_is_not_touched(copy: Copy, first: Path) -> None:
    copy.run(
        "create schema marts", "create table marts.rates (marker text)", "insert into marts.rates values ('theirs')"
    )
    with pytest.raises(
        SurveyError, match="a schema marts that this pipeline did not make; nothing in PostgreSQL was changed"
    ):
        copy.publish(first, "v1")
    assert copy.markers() == {"theirs"}


def test_an_empty_schema_made_ready_by_an_administrator_is_used_with_what_was_granted_on_it(
    copy: Copy, first: Path
) -> None:
    reader = copy.server.new_role()
    copy.run("create schema marts", f"grant usage on schema marts to {reader}")
    copy.publish(first, "v1")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="table rates"):
        copy.run("select * from marts.rates", user=reader)


def test_a_copy_that_fails_half_way_leaves_the_earlier_one_and_nothing_else(
    copy: Copy, first: Path, tmp_path: Path
) -> None:
    copy.publish(first, "v1")
    before = copy.identities()
    # the last table: all others are loaded when a character is found that PostgreSQL cannot store
    second = marts_file(
        tmp_path / "bad.duckdb", "", {"rates": "select 1 as i", "words": "select 'a' || chr(0) as word"}
    )
    with pytest.raises(SurveyError, match=r"did not accept the marts; readers of PostgreSQL still(.|\n)*0x00"):
        copy.publish(second, "v2")
    assert copy.identities() == before
    assert copy.schemas() == {"marts"}


def test_whom_an_administrator_let_read_may_read_the_next_version(copy: Copy, first: Path, second: Path) -> None:
    named, writer = copy.server.new_role(), copy.server.new_role()
    copy.publish(first, "v1")
    copy.run(
        f"grant usage on schema marts to {named}, {writer}",
        f"grant select on marts.rates to {named}",
        f"grant select, update on marts.annex to {writer}",
        "grant usage on schema marts to public",
        "grant select on marts.notes to public",
    )
    copy.publish(second, "v2")
    assert copy.run("select distinct marker from marts.rates", user=named) == [("second",)]
    assert copy.run("select marker from marts.notes", user=named) == [("second",)], "as everybody"
    assert copy.run("select distinct marker from marts.annex", user=writer) == [("second",)]
    for user, statement in ((named, "table marts.annex"), (writer, "update marts.annex set marker = 'mine'")):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            copy.run(statement, user=user)


def told(copy: Copy, url: str, marts: Path) -> str:
    """Everything that an error says, as a log would print it with whatever it is chained to."""
    with pytest.raises(SurveyError) as refused:
        copy.publish(marts, "v1", url=url)
    return "".join(traceback.format_exception(refused.value)) + repr(vars(refused.value))


def test_no_error_tells_the_password(copy: Copy, first: Path) -> None:
    server, database = copy.server, copy.database
    nowhere = replace(server, port=1)
    wrong = "Wr0ng/secret:word"
    texts = {
        "refused": told(copy, server.url(database, copy.publisher, wrong), first),
        "unreachable": told(copy, nowhere.url(database, copy.publisher, wrong), first),
        "no such database": told(copy, server.url("nowhere", copy.publisher), first),
        "read as a port": told(copy, f"postgresql://user:{wrong}@127.0.0.1:1/marts", first),
        "read as a database": told(copy, "postgresql://user:12/Wr0ngsecret@127.0.0.1:1/marts", first),
        "read as a host": told(copy, "postgresql://user:a@Wr0ngsecret@127.0.0.1:1/marts", first),
        "unreadable": told(copy, "postgresql://user:Wr0ng%zzsecret@127.0.0.1/marts", first),
        "no parameter": told(copy, f"postgresql://127.0.0.1:1/marts?pasword={wrong}", first),
    }
    for what, text in texts.items():
        lines = "\n".join(line for line in text.splitlines() if "url=" not in line)
        for secret in (PASSWORD, "Wr0ng", "secret"):
            assert secret not in lines, f"{what}: {lines}"
    assert "password authentication failed" in texts["refused"]
    assert "Connection refused" in texts["unreachable"]
    assert f"postgresql://{copy.publisher}@127.0.0.1:{server.port}/nowhere" in texts["no such database"]


def test_a_user_who_may_not_make_schemas_is_told_the_statement(copy: Copy, first: Path) -> None:
    guest = copy.server.new_role()
    with pytest.raises(SurveyError, match=f'grant create on database "{copy.database}" to "{guest}"'):
        copy.publish(first, "v1", url=copy.server.url(copy.database, guest))


def test_a_url_that_cannot_be_read_is_a_wrong_setting(copy: Copy, first: Path) -> None:
    with pytest.raises(UsageError, match="percent-encoded"):
        copy.publish(first, "v1", url="postgresql://user:50%@127.0.0.1/marts")
