"""A real PostgreSQL server of the tests' own: a cluster in a temporary folder, on loopback, ended by its process."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812

ADMIN = "admin"
# what has to be percent-encoded in a URL, to see that no form of it is told
PASSWORD = "p@ss/w:rd% secret"
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """A running server. Every test takes a database of its own."""

    port: int
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str, user: str = ADMIN, password: str = PASSWORD) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def new_database(self, owner: str = ADMIN) -> str:
        name = f"test_{next(self._numbers)}"
        self.run("postgres", f"create database {name} owner {owner}")
        return name

    def new_role(self, options: str = "login") -> str:
        name = f"role_{next(self._numbers)}"
        self.run("postgres", f"create role {name} {options} password '{PASSWORD}'")
        return name

    def connect(self, database: str, user: str = ADMIN) -> Connection:
        return psycopg2.connect(self.url(database, user))

    def run(self, database: str, *statements: str, user: str = ADMIN) -> list[tuple[Any, ...]]:
        """Each statement on its own, as `psql` would; the rows of the last one."""
        with closing(self.connect(database, user)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []


@contextmanager
def server() -> Iterator[Server]:
    """Start a server, and end it."""
    # a socket's path may have a hundred characters, and pytest's folders are closed to the user below
    folder = Path(tempfile.mkdtemp(prefix="callback-survey-postgres-"))
    account = _account()
    try:
        if account is not None:
            shutil.chown(folder, account)
        _initialise(folder, account)
        port = _free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [_program("postgres"), "-D", str(folder / "data"), *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd="/",
                user=account,
                group=account,
                extra_groups=None if account is None else [],
            )
        try:
            _wait(process, port, folder / "log")
            yield Server(port, process)
        finally:
            process.terminate()
            process.wait(timeout=_PATIENCE_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> str | None:
    """PostgreSQL does not run as root. Debian's package has made it a user; anybody serves where there is none."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _program(name: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(iter(installed), None)
    assert found, f"{name} is not on this machine: scripts/system_packages dev"
    return str(found)


def _initialise(folder: Path, account: str | None) -> None:
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    password.chmod(0o600)
    if account is not None:
        shutil.chown(password, account)
    subprocess.run(
        [_program("initdb"), "-D", str(folder / "data"), "-U", ADMIN, "--pwfile", str(password)]
        + ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
        check=True,
        capture_output=True,
        cwd="/",
        user=account,
        group=account,
        extra_groups=None if account is None else [],
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            psycopg2.connect(
                host="127.0.0.1", port=port, user=ADMIN, password=PASSWORD, dbname="postgres", connect_timeout=5
            ).close()
            return
        except psycopg2.OperationalError:
            is_alive = process.poll() is None and time.monotonic() < deadline
            assert is_alive, f"PostgreSQL did not start:\n{log.read_text(encoding='utf-8', errors='replace')}"
            time.sleep(0.02)
