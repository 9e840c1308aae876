"""Figures of a run for a monitoring system, by OpenTelemetry (OTLP over HTTP). Off unless `CALLBACK_SURVEY_METRICS_URL` is set.

Each is a gauge, sent when its step ends: a step is a process of its own in Airflow, so there is nothing that could be added up here.
What is sent holds no text of a delivery: counts, seconds, and the names of step, region and quarter.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

_SECONDS = 3
_PREFIX = "callback_survey."
# every metric there is: its unit (UCUM) and what it says; docs/settings.md has the same list
METRICS: Mapping[str, tuple[str, str]] = {
    "step.duration": ("s", "How long a step took; the attribute state says whether it was done or failed"),
    "rows.read": ("{row}", "Rows of a delivery that were read"),
    "rows.rejected": ("{row}", "Rows of it that were rejected"),
    "checks.asked": ("{check}", "Checks of a gate that were asked"),
    "checks.failed": ("{check}", "Checks of it that failed, and that nobody accepted"),
    "checks.warned": ("{check}", "Checks of it that warned"),
    "releases.new": ("{revision}", "Revisions that the step froze"),
    "served.quarters": ("{quarter}", "Regions' quarters that readers see"),
    "served.age": ("s", "Time since the newest of them was released"),
    "watch.problems": ("{problem}", "What the watch sees, by severity"),
}
# a collector that does not answer is not asked again by this process
_silent: set[str] = set()


@dataclass(frozen=True)
class Measurement:
    """A value of one of METRICS, such as rows.read, and what it is about: step, region, quarter, gate, severity, state."""

    name: str
    value: float
    attributes: Mapping[str, str] = field(default_factory=dict)


def send(url: str | None, measured: Sequence[Measurement]) -> bool:
    """Send to the collector at `url`, if there is one. A collector that is down fails nothing: it is logged, once."""
    if url is None or not measured or url in _silent:
        return False
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
    from opentelemetry.sdk.resources import Resource

    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], Resource.create({"service.name": "callback-survey"}), shutdown_on_exit=False)
    meter = provider.get_meter("callback_survey")
    gauges = {
        name: meter.create_gauge(_PREFIX + name, *METRICS[name]) for name in dict.fromkeys(one.name for one in measured)
    }
    for one in measured:
        gauges[one.name].set(one.value, {key: value for key, value in one.attributes.items() if value})
    data = reader.get_metrics_data()
    assert data is not None
    exporter = OTLPMetricExporter(endpoint=url, timeout=_SECONDS)
    try:
        with _quiet():
            is_taken = exporter.export(data, timeout_millis=_SECONDS * 1000) is MetricExportResult.SUCCESS
    except Exception as error:  # whatever it is, it concerns no figure of the survey
        logger.debug("metrics: %s", type(error).__name__)
        is_taken = False
    finally:
        exporter.shutdown()
        provider.shutdown()
    if not is_taken:
        _silent.add(url)
        logger.warning("the collector of metrics does not take them; this process sends it no more")
    return is_taken


@contextmanager
def _quiet() -> Iterator[None]:
    """What the exporter and its HTTP client log has the address in it, which may hold a token."""
    loggers = [logging.getLogger(name) for name in ("opentelemetry", "urllib3", "requests")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
