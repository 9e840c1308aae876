"""Readers during a switch see one version or the next, are never ended for it, and cannot hold it up for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from callback_survey.errors import SurveyError
from copies import Copy, marts_file
from homes import until

# every table of a transaction, in an order that is not ours: who takes locks crosswise meets a deadlock
SEVERAL = (
    "select distinct marker from marts.rates",
    "select distinct marker from marts.notes",
    "select distinct marker from marts.annex",
    "select distinct a.marker || r.marker from marts.annex as a inner join marts.rates as r using (department_code)",
)
THROUGH_A_VIEW = (
    "select distinct marker from marts.notes",
    "select distinct marker from reporting.rates",
    "select distinct marker from marts.annex",
)


class Reader(threading.Thread):
    """A BI tool: transaction after transaction with several queries each, until told to stop. Keeps what it saw."""

    def __init__(self, copy: Copy, isolation: str, queries: tuple[str, ...], is_over: threading.Event) -> None:
        super().__init__()
        self.copy, self.isolation, self.queries, self.is_over = copy, isolation, queries, is_over
        self.seen: list[str] = []
        self.problems: list[str] = []

    def run(self) -> None:
        try:
            with closing(self.copy.server.connect(self.copy.database)) as connection:
                connection.set_session(isolation_level=self.isolation)
                while not self.is_over.is_set():
                    with connection, connection.cursor() as cursor:
                        self._read(cursor)
        except Exception as error:
            self.problems.append(f"{type(error).__name__}: {error}")

    def _read(self, cursor: Any) -> None:
        found = []
        for query in self.queries:
            cursor.execute(query)
            found.append([text[: len(text) // 2] if "||" in query else text for (text,) in cursor.fetchall()])
        if any(markers != found[0] or len(markers) != 1 for markers in found):
            self.problems.append(f"a mixture of versions: {found}")
        if not self.seen or self.seen[-1] != found[0][0]:
            self.seen.append(found[0][0])


def test_a_reader_in_a_loop_sees_exactly_one_version_in_each_transaction(copy: Copy, tmp_path: Path) -> None:
    files = [marts_file(tmp_path / f"{number}.duckdb", f"m{number:02}") for number in range(6)]
    copy.publish(files[0], "v0")
    copy.run("create schema reporting", "create view reporting.rates as select * from marts.rates")
    is_over = threading.Event()
    kinds = [("READ COMMITTED", SEVERAL), ("REPEATABLE READ", SEVERAL[::-1]), ("READ COMMITTED", THROUGH_A_VIEW)]
    readers = [Reader(copy, isolation, queries, is_over) for isolation, queries in kinds]
    for reader in readers:
        reader.start()
    try:
        for number, marts in enumerate(files[1:], start=1):
            copy.publish(marts, f"v{number}")
        last = "m05"
        until("all readers to see the last version", lambda: all(r.seen[-1:] == [last] or r.problems for r in readers))
    finally:
        is_over.set()
        for reader in readers:
            reader.join()
    for reader in readers:
        assert reader.problems == []
        assert reader.seen == sorted(reader.seen), "never a version before one already seen"
        assert len(reader.seen) > 1, "it read while versions were switched"


def test_a_snapshot_from_before_the_switch_finds_the_new_version_whole(copy: Copy, tmp_path: Path) -> None:
    """A transaction looks elsewhere first: its snapshot is older than every row of the new version."""
    copy.publish(marts_file(tmp_path / "a.duckdb", "old"), "v1")
    with closing(copy.server.connect(copy.database)) as connection, connection.cursor() as cursor:
        connection.set_session(isolation_level="REPEATABLE READ")
        cursor.execute("select count(*) from pg_roles")
        copy.publish(marts_file(tmp_path / "b.duckdb", "new"), "v2")
        for table, count in (("rates", 5), ("annex", 9), ("notes", 1)):
            cursor.execute(f"select count(*), min(marker) from marts.{table}")
            assert cursor.fetchall() == [(count, "new")]


def test_a_transaction_that_has_begun_to_read_ends_with_the_version_it_began_with(copy: Copy, tmp_path: Path) -> None:
    copy.publish(marts_file(tmp_path / "a.duckdb", "old"), "v1")
    newer = marts_file(tmp_path / "b.duckdb", "new")
    publishing = threading.Thread(target=copy.publish, args=(newer, "v2"))
    with closing(copy.server.connect(copy.database)) as connection, connection.cursor() as cursor:
        cursor.execute("select distinct marker from marts.rates")
        publishing.start()
        until("the publisher to wait for the reader", lambda: waits(copy))
        for table in ("annex", "notes", "rates"):
            cursor.execute(f"select distinct marker from marts.{table}")
            assert cursor.fetchall() == [("old",)]
        assert publishing.is_alive()
        connection.commit()
        publishing.join()
        cursor.execute("select distinct marker from marts.annex")
        assert cursor.fetchall() == [("new",)], "the same connection, after its transaction"


def waits(copy: Copy) -> bool:
    query = (
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'callback-survey'"
    )
    return copy.as_admin(query) != [(0,)]


def test_a_reader_that_never_ends_is_named_and_what_it_reads_stays(copy: Copy, tmp_path: Path) -> None:
    copy.publish(marts_file(tmp_path / "a.duckdb", "old"), "v1")
    newer = marts_file(tmp_path / "b.duckdb", "new")
    with closing(copy.server.connect(copy.database)) as connection, connection.cursor() as cursor:
        cursor.execute("set application_name = 'forgotten report'")
        cursor.execute("select count(*) from marts.annex")
        with pytest.raises(SurveyError) as blocked:
            copy.publish(newer, "v2", patience_seconds=0.1)
        pid = connection.info.backend_pid
        assert f"pid {pid}, user admin, application forgotten report" in str(blocked.value)
        assert f"pg_terminate_backend({pid})" in str(blocked.value)
        assert "readers of PostgreSQL still see the earlier figures" in str(blocked.value)
        assert (copy.markers(), copy.schemas()) == ({"old"}, {"marts"})
        connection.rollback()
    copy.publish(newer, "v2", patience_seconds=0.1)
    assert copy.markers() == {"new"}


def test_a_killed_publisher_leaves_the_earlier_version_and_nothing_else(copy: Copy, tmp_path: Path) -> None:
    copy.publish(marts_file(tmp_path / "a.duckdb", "old"), "v1")
    newer = marts_file(tmp_path / "b.duckdb", "new")
    said: list[BaseException] = []
    publishing = threading.Thread(target=in_vain, args=(said, lambda: copy.publish(newer, "v2")))
    with closing(copy.server.connect(copy.database)) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from marts.annex")
        publishing.start()
        until("the publisher to wait for the reader", lambda: waits(copy))
        copy.as_admin(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'callback-survey'"
        )
        publishing.join()
    assert isinstance(said[0], SurveyError)
    assert (copy.markers(), copy.schemas()) == ({"old"}, {"marts"})
    copy.publish(newer, "v2")
    assert copy.markers() == {"new"}


def in_vain(said: list[BaseException], act: Callable[[], object]) -> None:
    try:
        act()
    except BaseException as error:
        said.append(error)


def test_of_several_publishers_at_once_the_first_publishes_and_the_others_find_it_done(
    copy: Copy, tmp_path: Path
) -> None:
    marts, reports = marts_file(tmp_path / "a.duckdb", "new"), []
    threads = [threading.Thread(target=lambda: reports.append(copy.publish(marts, "v1"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.is_new for report in reports) == [False, False, False, True]
    assert (copy.markers(), copy.schemas()) == ({"new"}, {"marts"})


def test_a_reader_cannot_take_what_publishers_wait_for(copy: Copy, tmp_path: Path) -> None:
    """Every role may take an advisory lock, and keep it: earlier versions waited for this one."""
    copy.publish(marts_file(tmp_path / "a.duckdb", "old"), "v1")
    reader = copy.server.new_role()
    with closing(copy.server.connect(copy.database, reader)) as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", (0x6D61727473,))
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            copy.run("create schema marts_next", user=reader)
        copy.publish(marts_file(tmp_path / "b.duckdb", "new"), "v2", patience_seconds=1)
    assert copy.markers() == {"new"}
