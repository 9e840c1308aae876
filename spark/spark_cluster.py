"""A small Spark cluster on this machine: a standalone master, its workers and a Connect server, on 127.0.0.1 alone.

  .venv-spark/bin/python spark/spark_cluster.py var/spark            # until it is interrupted; says the settings for it

It is what the tests build on, and what a person tries the engine with: the same processes as on many machines, with limits that
one machine bears. An installation has its own cluster, and gives its address.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE_SECONDS = 300.0
# Executor and driver together with what they take outside the heap: 2 GB each.
HEAP, OUTSIDE_HEAP = "1600m", "384m"
_DEPLOY = "org.apache.spark.deploy"


@dataclass
class Cluster:
    """A running cluster; `remote` is its address for clients. Its logs and scratch files are in `folder`."""

    folder: Path
    spark: Path
    workers: int = 2
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def remote(self) -> str:
        return f"sc://{HOST}:{self.ports['connect']}"

    @property
    def master(self) -> str:
        return f"spark://{HOST}:{self.ports['master']}"

    def start(self) -> None:
        """Raises RuntimeError where a part does not come up; the others are then stopped."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self.ports = dict(zip(("master", "connect", "pages"), _free_ports(3), strict=True))
            place = ["--host", HOST, "--port", str(self.ports["master"]), "--webui-port", "0"]
            self._start("master", f"{_DEPLOY}.master.Master", *place)
            self._await_port("master")
            for number in range(1, self.workers + 1):
                self.start_worker(number)
            self._start("connect", f"{_DEPLOY}.SparkSubmit", *self._connect_arguments())
            self._await_port("connect")
        except BaseException:
            self.stop()
            raise

    def start_worker(self, number: int) -> None:
        work = self.folder / f"worker-{number}"
        limits = ["--cores", "1", "--memory", "2g", "--work-dir", str(work)]
        place = ["--host", HOST, "--webui-port", "0", self.master]
        self._start(f"worker-{number}", f"{_DEPLOY}.worker.Worker", *limits, *place)

    def kill_worker(self, number: int) -> None:
        """As a machine is lost: the worker and the executors that it started, at once."""
        os.killpg(self.processes.pop(f"worker-{number}").pid, signal.SIGKILL)

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def _connect_arguments(self) -> list[str]:
        settings = {
            "spark.connect.grpc.binding.address": HOST,
            "spark.connect.grpc.binding.port": self.ports["connect"],
            "spark.driver.host": HOST,
            "spark.driver.bindAddress": HOST,
            "spark.executor.memory": HEAP,
            "spark.executor.memoryOverhead": OUTSIDE_HEAP,
            "spark.executor.cores": 1,
            "spark.sql.shuffle.partitions": 2,
            "spark.default.parallelism": 2,
            "spark.ui.port": self.ports["pages"],
            "spark.local.dir": self.folder / "local",
            "spark.sql.warehouse.dir": self.folder / "tables",
            "spark.log.structuredLogging.enabled": "false",
        }
        given = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
        server = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--name", "callback_survey"]
        return ["--master", self.master, *server, *given, "spark-internal"]

    def _start(self, name: str, java_class: str, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
        environment |= {
            "SPARK_HOME": str(self.spark),
            "SPARK_LOCAL_IP": HOST,
            # the launcher gives it to the Connect server, too, and there it wins over --driver-memory
            "SPARK_DAEMON_MEMORY": "1g" if name == "connect" else "256m",
            "PYSPARK_PYTHON": sys.executable,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [self.spark / "bin" / "spark-class", java_class, *arguments],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await_port(self, name: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with socket.socket() as tried:
                if tried.connect_ex((HOST, self.ports[name])) == 0:
                    return
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Spark's {name} did not come up; its log: {self.folder / name}.log")
            time.sleep(0.2)


def spark_home(environment: Path) -> Path:
    """Where pyspark's wheel holds Spark itself, of an environment made by `make spark`."""
    found = sorted(environment.glob("lib/python3*/site-packages/pyspark/jars"))
    if not found:
        raise RuntimeError(f"no Spark in {environment}: make .venv-spark/.installed")
    return found[0].parent


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind((HOST, 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="for logs and scratch files")
    options = parser.parse_args()
    cluster = Cluster(options.folder.resolve(), spark_home(Path(sys.prefix)))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    cluster.start()
    print(f"CALLBACK_SURVEY_ENGINE=spark\nCALLBACK_SURVEY_SPARK_REMOTE={cluster.remote}", flush=True)
    ended.wait()
    cluster.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
