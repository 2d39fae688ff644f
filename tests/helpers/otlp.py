"""Somebody who takes what OpenTelemetry sends: OTLP over HTTP on loopback, kept as it came."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    name: str
    trace: str
    id: str
    parent: str
    """Empty for a root."""
    seconds: float
    failed: bool
    service: str
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Point:
    """What one process said last of one metric with these attributes."""

    value: float
    """Of a histogram its count."""
    unit: str
    attributes: dict[str, Any]


@dataclass
class Collector:
    endpoint: str
    spans: list[Span] = field(default_factory=list)
    points: dict[str, dict[tuple, Point]] = field(default_factory=dict)

    def total(self, name: str, **attributes: Any) -> float:
        """The sum over processes, of the points that have these attributes; ``error_type`` is ``error.type``."""
        wanted = {key.replace("_", "."): value for key, value in attributes.items()}.items()
        return sum(point.value for point in self.points.get(name, {}).values() if wanted <= point.attributes.items())

    def take_spans(self, body: bytes) -> None:
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = attributes_of(of_resource.resource)["service.name"]
            for scope in of_resource.scope_spans:
                for one in scope.spans:
                    seconds = (one.end_time_unix_nano - one.start_time_unix_nano) / 1e9
                    ids = one.trace_id.hex(), one.span_id.hex(), one.parent_span_id.hex()
                    failed = one.status.code == one.status.STATUS_CODE_ERROR
                    self.spans.append(Span(one.name, *ids, seconds, failed, service, attributes_of(one)))

    def take_metrics(self, body: bytes) -> None:
        for of_resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            process = attributes_of(of_resource.resource)["service.instance.id"]
            for scope in of_resource.scope_metrics:
                for metric in scope.metrics:
                    kind = metric.WhichOneof("data")
                    for point in getattr(metric, kind).data_points:
                        attributes = attributes_of(point)
                        value = point.count if kind == "histogram" else point.as_double or point.as_int
                        key = process, *sorted(attributes.items())
                        self.points.setdefault(metric.name, {})[key] = Point(value, metric.unit, attributes)


def attributes_of(thing: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in thing.attributes}


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector that listens while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            with lock:
                {"/v1/traces": taken.take_spans, "/v1/metrics": taken.take_metrics}[self.path](body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    lock = threading.Lock()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        taken = Collector(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield taken
        finally:
            server.shutdown()
            thread.join()
