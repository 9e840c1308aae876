"""Start Superset with the dashboard over what is served: `make bi`. Ctrl-C stops it.

Runs in .venv-bi. Everything it keeps is in <home>/superset: the metadata (SQLite), the key, the password, the log. Listens
on loopback only.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
USER = "admin"
DASHBOARD = "/superset/dashboard/callback-survey/"
_PATIENCE_SECONDS = 180.0
_SHOWN_LINES = 20


class CannotStart(Exception):
    """What is wrong, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Start Superset with the dashboard over the served marts.")
    parser.add_argument("--home", type=Path, default=Path("var"), help="the pipeline's home (default: var)")
    parser.add_argument("--port", type=int, default=8088, help="port on 127.0.0.1 (default: 8088)")
    options = parser.parse_args(arguments)
    # the link itself, not what it leads to: that is another file after the next release
    marts = options.home.resolve() / "serving" / "marts.duckdb"
    try:
        return _start(marts, marts.parents[1] / "superset", options.port)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 2


def _start(marts: Path, home: Path, port: int) -> int:
    if not marts.exists():
        raise CannotStart(f"error: there is nothing to show: {marts}\n  next: make run")
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"error: a Superset of this home is running already: {home}\n  next: stop it") from None
        _demand_free(port)
        password = _kept(home / "admin_password", lambda: secrets.token_urlsafe(12))
        _kept(home / "secret_key", lambda: secrets.token_hex(32))
        environment = {
            **os.environ,
            "SUPERSET_HOME": str(home),
            "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
            "SUPERSET_ADMIN_PASSWORD": password,
            "SCARF_ANALYTICS": "false",
            "PYTHONWARNINGS": "ignore",
        }
        log = home / "superset.log"
        _provision(marts, home, environment, log)
        return _serve(environment, log, port, password, lock.fileno())


def _provision(marts: Path, home: Path, environment: dict[str, str], log: Path) -> None:
    """Once for each Superset, each state of our files and each place of the marts: it takes half a minute."""
    stamp, wanted = home / "stamp", _fingerprint(marts)
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("preparing Superset: its database, a login, the dashboard")
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, str(HERE / "provision.py"), str(marts)],
            env=environment,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode != 0:
        raise CannotStart(_tail(log) + f"error: Superset could not be prepared\n  next: read {log}")
    stamp.write_text(wanted)


def _fingerprint(marts: Path) -> str:
    digest = hashlib.sha256(f"{version('apache-superset')} {marts}".encode())
    for path in sorted([*HERE.rglob("*.yaml"), *HERE.glob("*.py")]):
        digest.update(path.relative_to(HERE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _serve(environment: dict[str, str], log: Path, port: int, password: str, lock: int) -> int:
    command = [str(Path(sys.executable).with_name("gunicorn")), "--bind", f"127.0.0.1:{port}"]
    # one process: each open DuckDB file is then opened once, and a laptop needs no more
    command += ["--workers", "1", "--worker-class", "gthread", "--threads", "8"]
    command += ["--timeout", "120", "--graceful-timeout", "3"]
    with log.open("ab") as output:
        # a session of its own: Ctrl-C reaches this process alone, which then ends the other in order
        server = subprocess.Popen(
            [*command, "superset.app:create_app()"],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
            # if this process is killed the server goes on, and so does the lock: no second one writes to its SQLite file
            pass_fds=(lock,),
        )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # a shell starts what it puts into the background with this one ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _wait_until_up(server, port, log)
        print(f"http://127.0.0.1:{port}{DASHBOARD}\nuser {USER}, password {password}\nCtrl-C stops it", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()


def _wait_until_up(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    # a proxy of the machine's settings has no business here
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            direct.open(f"http://127.0.0.1:{port}/health", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise CannotStart(_tail(log) + f"error: Superset did not come up\n  next: read {log}")


def _demand_free(port: int) -> None:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"error: port {port} is taken\n  next: name another one: make bi BI_PORT={port + 1}"
            ) from None


def _kept(path: Path, make: Callable[[], str]) -> str:
    """A secret that is made once, readable by this user alone."""
    if not path.is_file() or not path.stat().st_size:
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(make())
        # whole or not at all: an empty one would be taken for the secret
        aside.replace(path)
    return path.read_text()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_SHOWN_LINES:]
    return "".join(f"  {line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
