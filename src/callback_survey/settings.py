"""The only module that reads the environment. `.env.example` documents every variable."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from callback_survey import register_layers
from callback_survey.errors import UsageError
from callback_survey.logins import Login, logins_of
from callback_survey.object_storage import Place, Stored
from callback_survey.setting_values import (
    PREFIX,
    Engine,
    Format,
    Language,
    Readers,
    RetentionKind,
    engine_of,
    formats_of,
    hours_of,
    http_url_of,
    language_of,
    number_of,
    postgres_url_of,
    readers_of,
    retention_of,
    size_of,
    spark_remote_of,
    store_of,
)

RUNBOOKS: dict[Language, str] = {"zh": "docs/runbook.zh-CN.md", "en": "docs/runbook.md"}

MINIMUM_KEY_LENGTH = 32
# what holds a password or a token; Airflow may keep it elsewhere than in the environment
SECRETS = (
    "PRIVACY_KEY",
    "POSTGRES_URL",
    "SPARK_REMOTE",
    "ALERT_URLS",
    "ALERT_URLS_FAIL",
    "ALERT_URLS_WARN",
    "ALERT_URLS_RELEASED",
    "APPROVER_URLS",
    "MIRROR",
    "METRICS_URL",
    "LAKE",
)
_SAMPLE_REGISTERS = "sample_exports/registers"
# Signs in a path that lead a program to another file
_UNFIT_IN_HOME = {
    "#": "dbt cuts the name of the database there",
    "?": "DuckDB cuts the name of its file there",
    "$": "Airflow puts a variable of the environment in its place",
}


@dataclass(frozen=True)
class Settings:
    """Where things are and what they may use. All paths are absolute.

    `registers` is an instance's own folder of registers; None where there is none, and what is shipped with the code holds.
    `home` holds everything the pipeline writes: lake, warehouse, releases, serving, airflow, logs. `progress_log` is set
    by a parent that watches a run whose name it cannot know; steps report to logs/runs/<run>.jsonl otherwise.
    `approver_urls` hear of releases that wait for a person, `alert_urls_released` of what was released; on call hears of neither.
    `documents` are the forms in which notices are written. `approval_hours` is how long a notice may wait for a person.
    `public_url` is where readers of alerts find what lies in `home`, `runbook` where they find
    the runbook, in their language unless the setting names one.
    `readers` are the accounts of this machine that may read what is served, released and checked.
    `workers` is how many processes of this machine may work side by side.
    `airflow_users` are who logs in to the shipped Airflow besides its administrator.
    `lake_url` is a folder in object storage that holds the lake; None where it lies in the home.
    `mirror` is object storage that gets a copy of what is served.
    `metrics_url` is where the figures of runs go, an OTLP collector.
    `retention` is after how many months what kind of data may be removed; a kind that it does not name is kept.
    `engine` is what builds the models of single cases; `spark_remote` is where Spark Connect answers, None unless it is that.
    `postgres_url` is a database that gets a copy of what is served, `postgres_reader` the role that may read it.
    """

    home: Path
    exports: Path
    dbt_project: Path
    memory_limit: str
    # what may hold a secret is not shown, wherever somebody prints the settings
    alert_urls: tuple[str, ...] = field(repr=False)
    privacy_key: str | None = field(repr=False)
    privacy_key_file: Path | None
    progress_log: Path | None = None
    alert_urls_fail: tuple[str, ...] = field(default=(), repr=False)
    alert_urls_warn: tuple[str, ...] = field(default=(), repr=False)
    alert_urls_released: tuple[str, ...] = field(default=(), repr=False)
    approver_urls: tuple[str, ...] = field(default=(), repr=False)
    language: Language = "zh"
    public_url: str | None = None
    runbook: str = "docs/runbook.zh-CN.md"
    watch_free_disk: str = "5GB"
    watch_served_days: int = 130
    watch_run_hours: int = 6
    documents: tuple[Format, ...] = ("html", "pdf", "docx", "departments")
    public_folder: Path | None = None
    approval_hours: float = 72
    postgres_url: str | None = field(default=None, repr=False)
    postgres_reader: str | None = None
    readers: Readers = "group"
    registers: Path | None = None
    workers: int = 1
    airflow_users: tuple[Login, ...] = ()
    mirror: str | None = field(default=None, repr=False)
    metrics_url: str | None = field(default=None, repr=False)
    retention: Mapping[RetentionKind, int] = field(default_factory=dict)
    engine: Engine = "duckdb"
    spark_remote: str | None = field(default=None, repr=False)
    lake_url: str | None = field(default=None, repr=False)

    def alert_urls_for(self, severity: str) -> tuple[str, ...]:
        """The channels of a severity: those that hear of every problem, then its own; each once. What is no problem has its own alone."""
        if severity in ("waiting", "released"):
            return self.approver_urls if severity == "waiting" else self.alert_urls_released
        own = {"fail": self.alert_urls_fail, "warn": self.alert_urls_warn}[severity]
        return tuple(dict.fromkeys([*self.alert_urls, *own]))

    @property
    def lake(self) -> Place:
        """Landed rows and the ledger: a folder of the home, or of object storage."""
        folder = self.home / "lake"
        return folder if self.lake_url is None else Stored(self.lake_url, folder)

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def serving(self) -> Path:
        return self.home / "serving"

    @property
    def restricted(self) -> Path:
        """Single cases, without names and phones: only for who needs them."""
        return self.serving / "restricted"

    @property
    def public(self) -> Path:
        """Issued notices, and nothing else: what may be shown to anybody."""
        return self.public_folder or self.home / "public"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def checks(self) -> Path:
        """Check results of every run, also of those that were not released."""
        return self.home / "checks"

    @property
    def overrides(self) -> Path:
        """Failed checks that a person accepted: a record that is only ever added to."""
        return self.home / "overrides"

    @property
    def alerts(self) -> Path:
        return self.home / "alerts"

    @property
    def watch(self) -> Path:
        """What `callback-survey watch` has told, so that it says each thing once."""
        return self.home / "watch"

    @property
    def removals(self) -> Path:
        """What retention removed, and when: a record that is only ever added to."""
        return self.home / "retention"

    @property
    def seeds(self) -> Path:
        """The registers as they hold: what is shipped, and over it the instance's own rows. A folder to read, not to write."""
        return register_layers.merged(self.shipped_registers, self.registers)

    @property
    def shipped_registers(self) -> Path:
        return self.dbt_project / "seeds"

    @property
    def written_registers(self) -> Path:
        """The folder in which a person adds rows."""
        return self.registers or self.shipped_registers

    @property
    def notices(self) -> Path | None:
        """Where an instance says what all of its notices say; the file need not be there."""
        return self.registers.parent / "notices.toml" if self.registers else None

    def read_privacy_key(self) -> bytes:
        """The key that turns phone numbers into tokens. Raises UsageError where none, or a short one, is given."""
        key = self.privacy_key
        if key is None and self.privacy_key_file is not None:
            try:
                key = self.privacy_key_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it contains no text"
                raise UsageError(
                    f"the privacy key file cannot be read: {why}",
                    where=str(self.privacy_key_file),
                    next_step=f"point {PREFIX}PRIVACY_KEY_FILE at a readable file that holds the key",
                ) from error
        if not key:
            raise UsageError(
                "no privacy key is set; phone numbers cannot be turned into tokens without one",
                expected=f"{PREFIX}PRIVACY_KEY or {PREFIX}PRIVACY_KEY_FILE",
                next_step="keep one key per installation, outside the repository and the data: openssl rand -hex 32",
            )
        if len(key) < MINIMUM_KEY_LENGTH:
            raise UsageError(
                f"the privacy key is too short: {len(key)} characters",
                expected=f"at least {MINIMUM_KEY_LENGTH}, so that tokens cannot be reversed by guessing the key",
                next_step="openssl rand -hex 32",
            )
        return key.encode("utf-8")


def load_settings(
    environment: Mapping[str, str] | None = None,
    *,
    home: Path | None = None,
    exports: Path | None = None,
    secret: Callable[[str], str | None] = lambda name: None,
) -> Settings:
    """Settings from the environment; `home` and `exports` (command-line options) win over it.

    `secret` is asked for a setting that may hold a secret, by its name, where the environment does not have it at all.
    """
    env = os.environ if environment is None else environment

    def value(name: str) -> str | None:
        given = env.get(PREFIX + name)
        if given is None and name in SECRETS and not (name == "PRIVACY_KEY" and env.get(f"{PREFIX}PRIVACY_KEY_FILE")):
            given = secret(name)
        return (given or "").strip() or None

    key_file, progress_log, public = value("PRIVACY_KEY_FILE"), value("PROGRESS_LOG"), value("PUBLIC")
    language = language_of(value("LANGUAGE") or "zh")
    engine = engine_of(value("ENGINE") or "duckdb")
    return Settings(
        home=_home(home or Path(value("HOME") or "var")),
        exports=(exports or Path(value("EXPORTS") or "sample_exports")).resolve(),
        dbt_project=_dbt_project(value("DBT_PROJECT")),
        memory_limit=size_of("MEMORY_LIMIT", value("MEMORY_LIMIT") or "2GB"),
        alert_urls=tuple((value("ALERT_URLS") or "").split()),
        privacy_key=value("PRIVACY_KEY"),
        privacy_key_file=Path(key_file).resolve() if key_file else None,
        progress_log=Path(progress_log).resolve() if progress_log else None,
        alert_urls_fail=tuple((value("ALERT_URLS_FAIL") or "").split()),
        alert_urls_warn=tuple((value("ALERT_URLS_WARN") or "").split()),
        alert_urls_released=tuple((value("ALERT_URLS_RELEASED") or "").split()),
        approver_urls=tuple((value("APPROVER_URLS") or "").split()),
        language=language,
        public_url=(value("PUBLIC_URL") or "").rstrip("/") or None,
        runbook=value("RUNBOOK") or RUNBOOKS[language],
        watch_free_disk=size_of("WATCH_FREE_DISK", value("WATCH_FREE_DISK") or "5GB"),
        watch_served_days=number_of("WATCH_SERVED_DAYS", value("WATCH_SERVED_DAYS") or "130"),
        watch_run_hours=number_of("WATCH_RUN_HOURS", value("WATCH_RUN_HOURS") or "6"),
        documents=formats_of(value("DOCUMENTS") or "html pdf docx departments"),
        public_folder=Path(public).resolve() if public else None,
        approval_hours=hours_of("APPROVAL_HOURS", value("APPROVAL_HOURS") or "72"),
        postgres_url=postgres_url_of(value("POSTGRES_URL")),
        postgres_reader=value("POSTGRES_READER"),
        readers=readers_of(value("READERS") or "group"),
        registers=_registers(value("REGISTERS")),
        workers=number_of("WORKERS", value("WORKERS") or str(os.cpu_count())) or 1,
        airflow_users=logins_of(f"{PREFIX}AIRFLOW_USERS", value("AIRFLOW_USERS") or ""),
        lake_url=store_of("LAKE", value("LAKE")),
        mirror=store_of("MIRROR", value("MIRROR")),
        metrics_url=http_url_of("METRICS_URL", value("METRICS_URL")),
        retention=retention_of(value("RETENTION") or ""),
        engine=engine,
        spark_remote=spark_remote_of(value("SPARK_REMOTE")) if engine == "spark" else None,
    )


def _home(given: Path) -> Path:
    """Where everything is written. Raises UsageError for a path that a program below would take for another one."""
    home = given.resolve()
    for sign, reason in _UNFIT_IN_HOME.items():
        if sign in str(home):
            raise UsageError(
                f"the home has a {sign} in its path: {reason}",
                where=str(home),
                expected=f"a path without {' '.join(_UNFIT_IN_HOME)} and line ends; Chinese characters, spaces, quotes and % are fine",
                next_step="choose another folder with --home or CALLBACK_SURVEY_HOME",
            )
    if not str(home).isprintable():
        raise UsageError(
            "the path of the home has a line end, or a character that cannot be shown",
            where=ascii(str(home)),
            next_step="choose another folder with --home or CALLBACK_SURVEY_HOME",
        )
    if home.exists() and not home.is_dir():
        raise UsageError(
            "the home is a file",
            where=str(home),
            expected="a folder, or a path where one can be made",
            next_step="choose another folder with --home or CALLBACK_SURVEY_HOME",
        )
    return home


def _dbt_project(given: str | None) -> Path:
    folder = Path(given) if given else shipped_folder("dbt_project")
    if (folder / "dbt_project.yml").is_file():
        return folder.resolve()
    raise UsageError(
        "the dbt project was not found",
        where=str(folder),
        expected="a folder with dbt_project.yml",
        next_step=f"leave {PREFIX}DBT_PROJECT empty: the package brings its own",
    )


def shipped_folder(name: str) -> Path:
    """A folder that comes with the package: in a wheel it lies inside it, in a checkout beside the sources."""
    package = Path(__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parents[1] / name


def _registers(given: str | None) -> Path | None:
    folder = Path(given or _SAMPLE_REGISTERS)
    if folder.is_dir():
        return folder.resolve()
    if given is None:
        return None
    raise UsageError(
        f"{PREFIX}REGISTERS names no folder",
        where=str(folder.resolve()),
        expected="the registers/ folder of an instance",
        next_step="correct the setting, or make the folder: callback-survey init FOLDER",
    )


def airflow_logins(environment: Mapping[str, str] | None = None) -> tuple[Login, ...]:
    """Who logs in to the shipped Airflow, for a service that needs no other setting."""
    name = f"{PREFIX}AIRFLOW_USERS"
    return logins_of(name, (os.environ if environment is None else environment).get(name, ""))


def terminal_language(environment: Mapping[str, str] | None = None) -> Language:
    """The language of a terminal: that of the alerts where it is set, else English."""
    text = (os.environ if environment is None else environment).get(f"{PREFIX}LANGUAGE", "")
    return language_of(text) if text else "en"
