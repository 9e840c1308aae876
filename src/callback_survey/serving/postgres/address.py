"""Where PostgreSQL is: a connection that fails soon, and errors in which no password stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from callback_survey.errors import SurveyError, UsageError
from callback_survey.setting_values import PREFIX

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

# The warehouse is locked meanwhile: a server that does not answer must not hold it for long. The URL may say otherwise.
_PATIENCE = {"connect_timeout": "10", "tcp_user_timeout": "30000", "application_name": "callback-survey"}
_SECRETS = ("password", "sslpassword")
READERS_KEEP = "readers of PostgreSQL still see the earlier figures; the served files are already switched"


class Address:
    """A PostgreSQL URL, taken apart. `shown` is what may be told of it."""

    def __init__(self, url: str) -> None:
        parts = _parts(url)
        self.parts = {**_PATIENCE, **parts}
        user, host = parts.get("user", ""), parts.get("host", "localhost")
        port = f":{parts['port']}" if "port" in parts else ""
        self.shown = f"postgresql://{f'{user}@' if user else ''}{host}{port}/{parts.get('dbname', user)}"

    def scrub(self, text: str) -> str:
        """The text without any password of this URL, in whichever form it was written."""
        secrets = {self.parts[name] for name in _SECRETS if self.parts.get(name)}
        for secret in sorted(secrets | {quote(secret, safe="") for secret in secrets}, key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    def connect(self) -> Connection:
        """Raises SurveyError where nobody answers, or the login is refused."""
        psycopg2 = _driver()
        try:
            return psycopg2.connect(**self.parts)
        except psycopg2.Error as error:
            # not `from error`: a log would print the chain, and with it what was scrubbed here
            raise SurveyError(
                f"PostgreSQL cannot be reached; {READERS_KEEP}",
                where=self.shown,
                alert_lines=self.scrub(_words(error)).splitlines(),
                next_step="restore the connection, then run the quarter again to publish what is missing",
            ) from None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: everything in it happens, or nothing. Raises SurveyError for whatever PostgreSQL says."""
        psycopg2 = _driver()
        connection = self.connect()
        try:
            with connection:  # commits, or rolls back
                yield connection
        except psycopg2.Error as error:
            raise SurveyError(
                f"PostgreSQL did not accept the marts; {READERS_KEEP}",
                where=self.shown,
                next_step=_remedy(error, self.parts) or "fix the cause, then run the quarter again to publish",
                alert_lines=self.scrub(_words(error)).splitlines(),
            ) from None
        finally:
            connection.close()


def _parts(url: str) -> dict[str, str]:
    """What libpq reads in the URL. No part of an unreadable one is told: it may be the password."""
    psycopg2 = _driver()
    try:
        parts: dict[str, str] = psycopg2.extensions.parse_dsn(url)
    except psycopg2.ProgrammingError:
        parts = {"port": "unreadable"}
    # an @ or / left as it is in a password moves it to where host, port or database should be
    is_readable = re.fullmatch("[0-9,]*", parts.get("port", "")) and "@" not in parts.get("host", "")
    if not is_readable or {"@", "/"} & set(parts.get("dbname", "")):
        raise UsageError(
            f"{PREFIX}POSTGRES_URL cannot be read",
            expected="postgresql://user:password@host:5432/database, with special characters percent-encoded",
            next_step="correct the setting",
        )
    return parts


def _driver() -> Any:
    try:
        import psycopg2
        import psycopg2.extensions
    except ImportError:
        raise UsageError(
            f"{PREFIX}POSTGRES_URL is set, and the driver for PostgreSQL is not installed",
            next_step="pip install 'callback-survey[postgres]', or leave the setting out",
        ) from None
    return psycopg2


def _words(error: Exception) -> str:
    """What PostgreSQL said, in lines, without the position in our SQL."""
    lines = (line.strip() for line in str(error).splitlines())
    kept = [line for line in lines if line and not line.startswith(("LINE ", "^"))]
    return "\n".join(kept) or type(error).__name__


def _remedy(error: Exception, parts: dict[str, str]) -> str | None:
    if getattr(error, "pgcode", None) == "42501" and "permission denied for database" in str(error):
        user, database = parts.get("user", "<user>"), parts.get("dbname", "<database>")
        return f'as its owner: grant create on database "{database}" to "{user}"; then run the quarter again'
    return None
