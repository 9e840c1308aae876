"""What a Spark cluster holds of a warehouse: schemas of its own, over Parquet files in the warehouse's folder.

The cluster sees the home under the same path as this machine does. Spark reads the lake's files and what DuckDB writes out for it
(registers, the scope of the run); what Spark writes, DuckDB reads as views. Nothing of it is kept for its own sake: a catalog that
forgot its tables, or a build that was killed, costs a build from the lake.
"""

from __future__ import annotations

import re
import socket
import uuid
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from callback_survey.errors import SurveyError, UsageError
from callback_survey.storage import duck, files

LAYERS = ("raw", "seeds", "staging", "intermediate", "marts")
# Spark's word for a time without a zone; its other types have the same names in DuckDB
_DUCKDB_TYPES = {"timestamp_ntz": "timestamp"}
_PATIENCE_SECONDS = 10
_PORT = 15002
# A region's times are written as they were said, without a zone; of an error its own words are told
_SETTINGS = {"spark.sql.timestampType": "TIMESTAMP_NTZ", "spark.sql.connect.serverStacktrace.enabled": "false"}
# In the folder: by which code its tables are and under which token, and the session in which dbt may be working
_MADE_OF, _SESSION = "made-of", "session"
# what a path of Hadoop's takes for a pattern
_PATTERN = re.compile(r"([\\{}\[\]*?,])")


@dataclass(frozen=True)
class Cluster:
    """A cluster and this warehouse's place on it. `remote` is an address of Spark Connect, `folder` is the warehouse's for Spark.

    `token` stands in the names of schemas and folders, as several homes may share a cluster. It is a new one where tables are made
    anew: what a killed build still writes then lands in its own.
    """

    remote: str = field(repr=False)  # may hold a token
    folder: Path
    token: str = ""

    @property
    def prefix(self) -> str:
        """The word before the names of the schemas."""
        return f"callback_survey_{self.token}"

    def schema(self, layer: str) -> str:
        return f"{self.prefix}_{layer}"

    def place(self, layer: str) -> Path:
        return self.folder / self.token / layer

    def session_address(self, session_id: str) -> str:
        """The address by which a client joins the session of this id."""
        return f"{self.remote.rstrip('/')}{';' if '/;' in self.remote else '/;'}session_id={session_id}"

    @contextmanager
    def session(self, session_id: str | None = None) -> Iterator[Any]:
        """A session of Spark's, closed at the end. Raises SurveyError where nothing answers, or Spark cannot do what it is told."""
        self._verify_reachable()
        address = self.session_address(session_id) if session_id else self.remote
        with warnings.catch_warnings():
            # of versions of pandas, which nothing here uses
            warnings.simplefilter("ignore", FutureWarning)
            builder = _builder()
        try:
            found = builder.remote(address).create()
            try:
                for name, value in _SETTINGS.items():
                    found.conf.set(name, value)
                yield found
            finally:
                found.stop()
        except _spark_errors() as error:
            raise SurveyError(
                "Spark could not do what it was told; nothing was released",
                where=self.address,
                next_step="read what it says; its own log says more. Then run again",
                alert_lines=str(error).strip().splitlines()[:1],
            ) from error

    @property
    def address(self) -> str:
        """Host and port, without what else the address may hold."""
        parts = urlsplit(self.remote)
        return f"{parts.hostname}:{parts.port or _PORT}"

    def _verify_reachable(self) -> None:
        """Spark's client tries for minutes, without a word, where nobody listens."""
        parts = urlsplit(self.remote)
        try:
            socket.create_connection((parts.hostname or "", parts.port or _PORT), _PATIENCE_SECONDS).close()
        except OSError as error:
            raise SurveyError(
                f"no Spark answers: {error.strerror or error}",
                where=self.address,
                expected="a Spark Connect server at CALLBACK_SURVEY_SPARK_REMOTE",
                next_step="start the cluster, then run again. Without one: CALLBACK_SURVEY_ENGINE=duckdb",
            ) from error


def end_killed_build(cluster: Cluster) -> None:
    """Stop what a build left running that did not come to its end, and give up the tables that it was writing."""
    mark = cluster.folder / _SESSION
    if not mark.is_file():
        return
    with suppress(SurveyError), cluster.session(mark.read_text(encoding="utf-8").strip()) as session:
        session.interruptAll()
    (cluster.folder / _MADE_OF).unlink(missing_ok=True)
    mark.unlink()


@contextmanager
def marked_session(cluster: Cluster) -> Iterator[str]:
    """The id of a session for dbt. It stays noted unless dbt came to its end: something may then still be working in it."""
    session_id = str(uuid.uuid4())
    files.write_text(cluster.folder / _SESSION, session_id)
    yield session_id
    (cluster.folder / _SESSION).unlink()


def made_ready(cluster: Cluster, session: Any, connection: duckdb.DuckDBPyConnection, code: str) -> Cluster:
    """The cluster with the tables that this code made, or with none: after another code, and where the catalog forgot them."""
    mark = cluster.folder / _MADE_OF
    noted = mark.read_text(encoding="utf-8").split() if mark.is_file() else []
    standing = replace(cluster, token=noted[1]) if noted and noted[0] == code else None
    return standing if standing and _is_known(standing, session) else _made_anew(cluster, session, connection, code)


def _is_known(cluster: Cluster, session: Any) -> bool:
    """Whether the catalog has these schemas, and as those of this folder: a copied home has the same token."""
    mark = f"{cluster.schema('raw')}.made_of"
    if not session.catalog.tableExists(mark):
        return False
    return bool(session.sql(f"select folder from {mark}").collect() == [(str(cluster.folder),)])


def _made_anew(cluster: Cluster, session: Any, connection: duckdb.DuckDBPyConnection, code: str) -> Cluster:
    """Schemas without tables, over empty folders, with the registers of the warehouse as views."""
    for path in cluster.folder.iterdir():
        if path.is_dir():
            former = replace(cluster, token=path.name)
            if _is_known(former, session):
                for layer in LAYERS:
                    session.sql(f"drop schema if exists {former.schema(layer)} cascade")
            files.remove_tree(path)
    anew = replace(cluster, token=uuid.uuid4().hex[:12])
    for layer in LAYERS:
        anew.place(layer).mkdir(parents=True)
        session.sql(f"create schema {anew.schema(layer)} location {_text(f'file:{anew.place(layer)}')}")
        if layer == LAYERS[0]:  # at once: by it a place whose making was killed is known, and dropped
            session.sql(f"create view {anew.schema(layer)}.made_of as select {_text(str(cluster.folder))} as folder")
    seeds = connection.execute("select table_name from duckdb_tables() where schema_name = 'seeds'").fetchall()
    for (name,) in seeds:
        export(anew, session, connection, "seeds", name)
    # last: what was killed on the way is made anew
    files.write_text(cluster.folder / _MADE_OF, f"{code} {anew.token}\n")
    return anew


def export(cluster: Cluster, session: Any, connection: duckdb.DuckDBPyConnection, layer: str, name: str) -> None:
    """A relation of the warehouse's as a file, and as a view on the cluster."""
    path = cluster.place(layer) / f"{name}.parquet"
    connection.execute(f"copy (from {layer}.{duck.name(name)}) to {duck.text(path)} (format parquet)")
    show_files(cluster, session, layer, name, [path])


def show_files(
    cluster: Cluster, session: Any, layer: str, name: str, paths: Sequence[Path], columns: Iterable[str] = ("*",)
) -> None:
    """A view on the cluster over these files. They are one relation, however many: each alone would be looked into for itself."""
    session.sql(
        f"create or replace view {cluster.schema(layer)}.{name} as "
        f"select {', '.join(columns)} from parquet.`{one_path_of(paths)}`"
    )


def attach(
    cluster: Cluster, session: Any, connection: duckdb.DuckDBPyConnection, layer: str, name: str, order: Sequence[str]
) -> None:
    """A table of the cluster's as a view of the warehouse, in the cluster's types. `order` are its columns as readers get them; those
    that it does not name come last."""
    schema = session.table(f"{cluster.schema(layer)}.{name}").schema
    types = {field.name: _duckdb_type(field.dataType.simpleString()) for field in schema.fields}
    names = [*order, *(column for column in types if column not in order)]
    folder = cluster.place(layer) / name
    # what Spark is still writing lies in folders of other names
    is_partitioned = any(folder.glob("region_code=*"))
    pattern = "region_code=*/quarter=*/*.parquet" if is_partitioned else "*.parquet"
    if any(folder.glob(pattern)):
        files_read = duck.read_parquet([folder / pattern], hive_partitioning=is_partitioned, hive_types_autocast=False)
        selected = f"select {_cast(types, names)} from {files_read}"
    else:  # a table without a row has no file
        selected = f"select {_cast(types, names, 'null')} where false"
    connection.execute(f"create schema if not exists {layer}")
    connection.execute(f"create or replace view {layer}.{duck.name(name)} as {selected}")


def _cast(types: Mapping[str, str], names: Iterable[str], value: str | None = None) -> str:
    return ", ".join(f"cast({value or duck.name(name)} as {types[name]}) as {duck.name(name)}" for name in names)


def _duckdb_type(name: str) -> str:
    return _DUCKDB_TYPES.get(name, name)


def one_path_of(paths: Sequence[Path]) -> str:
    """One path of Hadoop's that means all of these: a pattern names its scheme and root once."""
    listed = [_PATTERN.sub(r"\\\1", str(path).removeprefix("/")) for path in paths]
    return f"file:/{listed[0] if len(listed) == 1 else '{' + ','.join(listed) + '}'}".replace("`", "``")


def _text(value: str) -> str:
    """A value's text as a literal of Spark's."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _builder() -> Any:
    try:
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise UsageError(
            "CALLBACK_SURVEY_ENGINE is spark, and Spark's client is not installed",
            expected="the packages of the extra `spark`: dbt-spark and pyspark-client",
            next_step="pip install 'callback-survey[spark]', or build with CALLBACK_SURVEY_ENGINE=duckdb",
        ) from error
    return SparkSession.builder


def _spark_errors() -> tuple[type[Exception], ...]:
    from grpc import RpcError
    from pyspark.errors import PySparkException

    return (PySparkException, RpcError)
