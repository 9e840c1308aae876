"""Write the `.env` that docker-compose.yml reads, with fresh random secrets: `python3 -I scripts/compose_env.py [FILE]`.

It runs before any environment exists, so it uses nothing but the standard library and does not import the package.
What the file has already is never changed: a new database password would lock Airflow out of the volume that has the
old one, and a new privacy key would give every phone another token.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path


def _hex() -> str:
    """Hexadecimal text needs no quoting: not in a URL, not in JSON, and Compose finds no `$` to replace in it."""
    return secrets.token_hex(32)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


SECRETS: dict[str, tuple[str, Callable[[], str]]] = {
    "CALLBACK_SURVEY_PRIVACY_KEY": ("turns phones into tokens; never change it, or the same phone gets another", _hex),
    "POSTGRES_PASSWORD": ("of PostgreSQL's administrator; fixed when the volume is first made", _hex),
    "AIRFLOW_DATABASE_PASSWORD": ("of the role that owns Airflow's database", _hex),
    "MARTS_PASSWORD": ("of the role that writes the copy of the marts in PostgreSQL", _hex),
    "MARTS_READER_PASSWORD": ("of the login `marts_reader`, for BI tools", _hex),
    "AIRFLOW_ADMIN_PASSWORD": ("of the login `admin`", lambda: secrets.token_urlsafe(12)),
    "AIRFLOW_FERNET_KEY": ("encrypts connections in Airflow's database", _fernet_key),
    "AIRFLOW_JWT_SECRET": ("signs the tokens of users and tasks; the same in every service", _hex),
    "AIRFLOW_API_SECRET_KEY": ("signs the sessions of the user interface", _hex),
}


def complete(text: str) -> str:
    """`text` with a line for each secret that it does not set, or sets to nothing."""
    lines = [line for line in text.splitlines() if _bare(line).removesuffix("=") not in SECRETS]
    present = {_bare(line).split("=", 1)[0].strip() for line in lines if "=" in line}
    for name, (purpose, make) in SECRETS.items():
        if name not in present:
            lines += [f"# {purpose}", f"{name}={make()}"]
    return "\n".join(lines) + "\n"


def _bare(line: str) -> str:
    """A line without the `export` that files for a shell have: Compose takes it, too."""
    return re.sub(r"^export\s+", "", line.strip())


def write(path: Path) -> bool:
    """Make or complete the file, readable by its owner alone. False when nothing was missing."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    after = complete(before)
    if after == before:
        return False
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(after)
        file.flush()
        os.fsync(descriptor)
    os.replace(aside, path)
    return True


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".env")
    if write(target):
        print(f"{target}: fresh secrets written. Keep a copy of it in a safe place; it is not in the repository.")
