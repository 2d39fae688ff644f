"""When something is sent, and that nobody waits for it."""

from __future__ import annotations

import logging
import socket
import time

import pytest

from render.telemetry import export, instruments, spans

pytestmark = pytest.mark.usefixtures("nowhere")
HERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, (False, False)),
        (HERE, (True, True)),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, (False, False)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}, (True, False)),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:1/v1/metrics"}, (False, True)),
        (HERE | {"OTEL_SDK_DISABLED": "TRUE"}, (False, False)),
        (HERE | {"OTEL_TRACES_EXPORTER": "none"}, (False, True)),
        (HERE | {"OTEL_METRICS_EXPORTER": "none"}, (True, False)),
        (HERE | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, (True, True)),
        (HERE | {"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc"}, (True, False)),
    ],
)
def test_the_standard_variables_turn_it_on_and_off(
    variables: dict[str, str], wanted: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (export.on("traces"), export.on("metrics")) == wanted


def test_a_protocol_that_is_not_spoken_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4317")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    assert not export.on("traces")
    assert "http/protobuf" in caplog.text


def test_off_it_makes_nothing() -> None:
    """No provider and no thread, and what would be measured is thrown away."""
    instruments.FRAMES.add(3, engine="testcard")
    instruments.WORKER_MEMORY.observe(lambda: 1.0)
    with instruments.QUEUE_DEPTH.share() as show, spans.span("plan", parent=spans.of_batch("s", "b")) as own:
        show(3)
    assert own == spans.NONE
    assert export._made == {"on metrics": False, "on traces": False}
    assert export.flush()


def test_a_collector_that_never_answers_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It takes the connection and says nothing: the flush returns in time, and says that it failed."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
        instruments.FRAMES.add(3, engine="testcard")
        with spans.span("plan", parent=spans.NONE):
            pass
        began = time.monotonic()
        assert not export.flush(0.3)
        assert time.monotonic() - began < 1
    for name in ("tracer provider", "meter provider"):
        export._made[name].shutdown()
    said = [record.getMessage() for record in caplog.records if record.name.startswith("opentelemetry.exporter")]
    assert {record.levelno for record in caplog.records} <= {logging.ERROR}
    assert len(said) <= 2  # one for each signal
