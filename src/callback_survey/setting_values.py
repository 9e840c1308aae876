"""What the text of a setting must look like, and the value that it becomes. Raises UsageError with the setting's name."""

from __future__ import annotations

import re
from typing import Literal

from callback_survey.errors import UsageError

PREFIX = "CALLBACK_SURVEY_"
Engine = Literal["duckdb", "spark"]
Language = Literal["zh", "en"]
Format = Literal["html", "pdf", "docx", "departments"]
Readers = Literal["owner", "group", "all"]
RetentionKind = Literal["cases", "restricted", "exports", "checks", "alerts", "logs", "old-versions", "airflow"]
_READERS: tuple[Readers, ...] = ("owner", "group", "all")
RETENTION_KINDS: tuple[RetentionKind, ...] = (
    "cases",
    "restricted",
    "exports",
    "checks",
    "alerts",
    "logs",
    "old-versions",
    "airflow",
)
_FORMATS: dict[str, Format] = {"html": "html", "pdf": "pdf", "docx": "docx", "departments": "departments"}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT])(i?)B", flags=re.IGNORECASE)
_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def size_in_bytes(size: str) -> int:
    """A size such as 2GB, or 512 MiB by powers of two, in bytes."""
    match = _SIZE.fullmatch(size)
    assert match is not None, "load_settings lets nothing else through"
    number, unit, binary = match.groups()
    return int(float(number) * (_BINARY_UNITS if binary else _UNITS)[unit.upper()])


def size_of(name: str, text: str) -> str:
    if _SIZE.fullmatch(text) is None:
        raise UsageError(
            f"{PREFIX}{name} is not valid: {text!r}",
            expected="a size such as 2GB or 512MB",
            next_step="correct the setting",
        )
    return text


def number_of(name: str, text: str) -> int:
    if re.fullmatch("[0-9]{1,5}", text) is None:
        raise UsageError(
            f"{PREFIX}{name} is not valid: {text!r}", expected="a whole number", next_step="correct the setting"
        )
    return int(text)


def postgres_url_of(url: str | None) -> str | None:
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        # not repeated here: it may hold a password
        raise UsageError(
            f"{PREFIX}POSTGRES_URL is not a PostgreSQL URL",
            expected="postgresql://user:password@host:5432/database",
            next_step="correct the setting",
        )
    return url


def engine_of(text: str) -> Engine:
    if text not in ("duckdb", "spark"):
        raise UsageError(
            f"{PREFIX}ENGINE is not valid: {text!r}", expected="duckdb or spark", next_step="correct the setting"
        )
    return "spark" if text == "spark" else "duckdb"


def spark_remote_of(address: str | None) -> str:
    if address is None or not address.startswith("sc://"):
        # not repeated here: it may hold a token
        raise UsageError(
            f"{PREFIX}ENGINE is spark, and {PREFIX}SPARK_REMOTE names no Spark Connect server",
            expected="sc://host:15002",
            next_step="correct the setting, or leave the engine out: DuckDB builds then",
        )
    return address


def hours_of(name: str, text: str) -> float:
    if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,6})?", text) is None or float(text) == 0:
        raise UsageError(
            f"{PREFIX}{name} is not valid: {text!r}",
            expected="hours above 0, such as 72 or 0.5",
            next_step="correct the setting",
        )
    return float(text)


def http_url_of(name: str, url: str | None) -> str | None:
    if url is not None and not url.startswith(("http://", "https://")):
        # not repeated here: it may hold a password
        raise UsageError(
            f"{PREFIX}{name} is not an address", expected="http:// or https://", next_step="correct the setting"
        )
    return url


def store_of(name: str, url: str | None) -> str | None:
    if url is not None and re.fullmatch(r"[a-z][a-z0-9+.-]*://.+", url) is None:
        # not repeated here: it may hold a password
        raise UsageError(
            f"{PREFIX}{name} is not an address",
            expected="the address of a folder in object storage, such as s3://bucket/survey",
            next_step="correct the setting",
        )
    return url and url.rstrip("/")


def retention_of(text: str) -> dict[RetentionKind, int]:
    """Months by kind, as in `cases=24 logs=12`, in the order in which they are removed."""
    given: dict[str, int] = {}
    for part in text.split():
        name, _, months = part.partition("=")
        if name not in RETENTION_KINDS or name in given or re.fullmatch("[1-9][0-9]{0,2}", months) is None:
            raise UsageError(
                f"{PREFIX}RETENTION is not valid: {part!r}",
                expected=f"months by kind, such as cases=24 logs=12; kinds are {', '.join(RETENTION_KINDS)}, each once",
                next_step="correct the setting",
            )
        given[name] = int(months)
    return {kind: given[kind] for kind in RETENTION_KINDS if kind in given}


def readers_of(text: str) -> Readers:
    for known in _READERS:
        if text == known:
            return known
    raise UsageError(
        f"{PREFIX}READERS is not valid: {text!r}", expected="owner, group or all", next_step="correct the setting"
    )


def formats_of(text: str) -> tuple[Format, ...]:
    """The forms of notice and companion, always with HTML: the others are made of it, or beside it."""
    asked = text.lower().replace(",", " ").split()
    if unknown := [name for name in asked if name not in _FORMATS]:
        raise UsageError(
            f"{PREFIX}DOCUMENTS has an unknown form: {unknown[0]!r}",
            expected="html, pdf, docx, departments",
            next_step="correct the setting",
        )
    return tuple(form for name, form in _FORMATS.items() if name in asked or name == "html")


def language_of(text: str) -> Language:
    if text not in ("zh", "en"):
        raise UsageError(
            f"{PREFIX}LANGUAGE is not valid: {text!r}", expected="zh or en", next_step="correct the setting"
        )
    return "zh" if text == "zh" else "en"
