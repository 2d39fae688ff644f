from __future__ import annotations

from collections.abc import Iterator

import pytest
from otlp import Collector, collector

from render.telemetry import export


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has measured nothing yet, and the environment names nobody to send it to."""
    monkeypatch.setattr(export, "_made", {})
    for name in ("OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)
    for signal in ("", "_TRACES", "_METRICS"):
        for what in ("ENDPOINT", "PROTOCOL"):
            monkeypatch.delenv(f"OTEL_EXPORTER_OTLP{signal}_{what}", raising=False)


@pytest.fixture
def taken(nowhere: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """What this process sends, once it is flushed."""
    with collector() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.endpoint)
        yield found
        for name in ("tracer provider", "meter provider"):
            if name in export._made:
                export._made[name].shutdown()
