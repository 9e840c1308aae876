"""A PostgreSQL server for all tests here, and a database of its own for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import postgres_servers
from copies import Copy
from postgres_servers import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with postgres_servers.server() as found:
        yield found


@pytest.fixture
def copy(server: Server) -> Copy:
    """A new database, which belongs to a role that is no administrator, as it should be."""
    publisher = server.new_role()
    return Copy(server, server.new_database(publisher), publisher)
