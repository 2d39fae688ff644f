"""The tree of spans: a batch, its shards, the tries of its jobs, their stages; and the batch's other steps beside them.

Many processes make one tree, each knowing the batch: the ids of a batch's own span are of its store and its id, so
whoever works on it hangs its spans there. That span itself is sent when the batch is finished, whichever run or process
does it. Everything here does nothing where spans are not sent (:mod:`render.telemetry.export`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from render.telemetry import export
from render.telemetry.stages import Stages

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import IdGenerator
    from opentelemetry.trace import Span

NONE = ""
"""The parent of what has none, and what stands for a span where none are sent."""

_ids: ContextVar[tuple[int, int] | None] = ContextVar("ids", default=None)


def on() -> bool:
    """Whether spans are sent."""
    return export.on("traces")


def of_batch(store: str, batch: str) -> str:
    """The traceparent (W3C) of the batch's own span, whether it was sent or will be; :data:`NONE` if spans are off."""
    if not on():
        return NONE
    trace, span = _ids_of(store, batch)
    sampler = export.tracer_provider().sampler
    sampled = sampler.should_sample(None, trace, "batch").decision.is_sampled()
    return f"00-{trace:032x}-{span:016x}-{sampled:02x}"


def finish_batch(store: str, batch: str, *, began: datetime, ended: datetime, attributes: Mapping[str, Any]) -> None:
    """Send the batch's own span."""
    if not on():
        return
    token = _ids.set(_ids_of(store, batch))
    try:
        span = _start("batch", NONE, _ns(began), {"nightreel.batch": batch, **attributes})
    finally:
        _ids.reset(token)
    span.end(_ns(ended))


@contextmanager
def span(name: str, *, parent: str, **attributes: str | int) -> Iterator[str]:
    """A span around the block, which gives its traceparent; ``batch`` and the like stand for ``nightreel.batch``."""
    if not on():
        yield NONE
        return
    made = _start(name, parent, None, _ours(attributes))
    try:
        yield _traceparent(made)
    except BaseException as error:
        _fail(made, f"{type(error).__name__}: {error}")
        raise
    finally:
        made.end()


class Branches:
    """Spans under one parent by a number each, begun when first asked for. A context manager: it ends what is left."""

    def __init__(self, name: str, *, parent: str, **attributes: str | int) -> None:
        self._name = name
        self._parent = parent
        self._attributes = attributes
        self._open: dict[int, tuple[ExitStack, str]] = {}

    def of(self, number: int) -> str:
        """The traceparent of the span with this number."""
        if number not in self._open:
            stack = ExitStack()
            own = span(self._name, parent=self._parent, **self._attributes, **{self._name: number})
            self._open[number] = stack, stack.enter_context(own)
        return self._open[number][1]

    def end(self, number: int) -> None:
        """End it, if it was begun."""
        if number in self._open:
            self._open.pop(number)[0].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stack, _ in self._open.values():
            stack.__exit__(kind, error, trace)


def job(stages: Stages, *, parent: str, failure: str, **attributes: str | int) -> None:
    """Send the span of one try of a job, which is over, and those of its stages."""
    if not on():
        return
    own = _start("job", parent, stages.began_ns, _ours(attributes))
    for name, spell in stages.spells().items():
        of_stage = _ours({"stage": name}) | {"nightreel.stage.seconds": round(spell.seconds, 6)}
        _start(name, _traceparent(own), spell.began_ns, of_stage).end(spell.ended_ns)
    if failure:
        _fail(own, failure)
    own.end(time.time_ns())


def id_generator() -> IdGenerator:
    """Gives random ids, but for a batch's own span."""
    from opentelemetry.sdk.trace import RandomIdGenerator

    class Ids(RandomIdGenerator):
        def generate_trace_id(self) -> int:
            return given[0] if (given := _ids.get()) else super().generate_trace_id()

        def generate_span_id(self) -> int:
            return given[1] if (given := _ids.get()) else super().generate_span_id()

    return Ids()


def _ids_of(store: str, batch: str) -> tuple[int, int]:
    digest = hashlib.sha256(f"{store}\n{batch}".encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


def _start(name: str, parent: str, began_ns: int | None, attributes: Mapping[str, Any]) -> Span:
    tracer = export.tracer_provider().get_tracer(export.SCOPE)
    return tracer.start_span(name, _context(parent), start_time=began_ns, attributes=dict(attributes))


def _context(parent: str) -> Context:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent}, Context())


def _traceparent(made: Span) -> str:
    own = made.get_span_context()
    return f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"


def _fail(made: Span, why: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    made.set_status(Status(StatusCode.ERROR, why))


def _ours(attributes: Mapping[str, str | int]) -> dict[str, Any]:
    return {f"nightreel.{name}": value for name, value in attributes.items()}


def _ns(instant: datetime) -> int:
    return int(instant.timestamp() * 1e9)
