"""Sends measurements and spans by OTLP over HTTP, if the standard ``OTEL_*`` variables name an endpoint.

Without one nothing of OpenTelemetry is imported, and no thread is started. Variables of our own there are none:
``OTEL_EXPORTER_OTLP_ENDPOINT`` (or ``…_TRACES_ENDPOINT``, ``…_METRICS_ENDPOINT``) turns it on, ``OTEL_SDK_DISABLED``,
``OTEL_TRACES_EXPORTER=none`` and ``OTEL_METRICS_EXPORTER=none`` off, and the SDK reads all others. Whether somebody is
there to take what is sent makes no difference to a run.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

SCOPE = "nightreel"
FLUSH_SECONDS = 3.0
"""How long a process waits at its end for what it has not sent yet."""
QUIET_SECONDS = 300.0
"""How long after a complaint that nothing can be sent the next one is left out."""

Signal = Literal["traces", "metrics"]
Thing = TypeVar("Thing")

log = logging.getLogger(__name__)
_lock = threading.RLock()
_made: dict[str, Any] = {}


def once(name: str, make: Callable[[], Thing]) -> Thing:
    """What ``make`` gave at the first call for this name, whichever of many threads came first."""
    if name not in _made:
        with _lock:
            if name not in _made:
                _made[name] = make()
    return _made[name]


def on(signal: Signal) -> bool:
    """Whether the environment of this process, at its first question, wants the signal sent."""
    return once(f"on {signal}", lambda: _wanted(signal))


def tracer_provider() -> TracerProvider:
    """Makes spans and sends them; only to be asked for if the signal is :func:`on`."""
    return once("tracer provider", _tracer_provider)


def meter() -> Meter:
    """Makes instruments, whose measurements are sent; only to be asked for if the signal is :func:`on`."""
    return once("meter provider", _meter_provider).get_meter(SCOPE)


def flush(seconds: float = FLUSH_SECONDS) -> bool:
    """Send what has been collected, but return after ``seconds`` whatever happens; says whether all was sent by then.

    Does nothing, at once, in a process that has measured nothing.
    """
    providers = [_made[name] for name in ("tracer provider", "meter provider") if name in _made]
    threads = [threading.Thread(target=one.force_flush, name="flush", daemon=True) for one in providers]
    until = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


def _wanted(signal: Signal) -> bool:
    def said(name: str) -> str:
        return os.environ.get(name, "").strip()

    kind = signal.upper()
    if said("OTEL_SDK_DISABLED").lower() == "true" or said(f"OTEL_{kind}_EXPORTER") not in {"", "otlp"}:
        return False
    if not (said(f"OTEL_EXPORTER_OTLP_{kind}_ENDPOINT") or said("OTEL_EXPORTER_OTLP_ENDPOINT")):
        return False
    protocol = said(f"OTEL_EXPORTER_OTLP_{kind}_PROTOCOL") or said("OTEL_EXPORTER_OTLP_PROTOCOL")
    if protocol not in {"", "http/protobuf"}:
        log.warning("No %s are sent: OTEL_EXPORTER_OTLP_PROTOCOL is %s, and we speak http/protobuf.", signal, protocol)
        return False
    return True


def _tracer_provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http import trace_exporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from render.telemetry.spans import id_generator

    _prepare(trace_exporter.__name__)
    provider = TracerProvider(resource=_resource(), id_generator=id_generator(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(trace_exporter.OTLPSpanExporter()))
    return provider


def _meter_provider() -> MeterProvider:
    from opentelemetry.exporter.otlp.proto.http import metric_exporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    _prepare(metric_exporter.__name__)
    reader = PeriodicExportingMetricReader(metric_exporter.OTLPMetricExporter())
    return MeterProvider([reader], resource=_resource(), shutdown_on_exit=False)


def _resource() -> Any:
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    named = "OTEL_SERVICE_NAME" in os.environ or f"{SERVICE_NAME}=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Resource.create({} if named else {SERVICE_NAME: SCOPE})


def _prepare(exporter: str) -> None:
    """See that what is left is sent at the end, and that a collector that is away does not fill the log."""
    once("at exit", lambda: atexit.register(flush))
    logger = logging.getLogger(exporter)
    logger.setLevel(logging.ERROR)
    logger.addFilter(_Seldom())


class _Seldom(logging.Filter):
    """Lets one line through in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if now - self._told_at < QUIET_SECONDS:
            return False
        self._told_at = now
        record.msg = f"{cast('str', record.msg)} The run goes on; see OTEL_EXPORTER_OTLP_ENDPOINT."
        return True
