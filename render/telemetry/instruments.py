"""Everything that is measured: the catalogue of metrics. docs/operate.md shows it, dashboards and alerts name it.

Names and units are OpenTelemetry's conventions. Each instrument may be used at any time, from any thread; it does
nothing where measurements are not sent (:mod:`render.telemetry.export`).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from render.telemetry import export

Kind = Literal["counter", "up_down_counter", "histogram", "observable_gauge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One metric."""

    name: str
    kind: Kind
    unit: str
    """UCUM; what stands in braces is a remark."""
    description: str
    attributes: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds, for a histogram."""

    def add(self, amount: float, **attributes: str) -> None:
        """Count, for a counter; ``error_type`` and the like stand for ``error.type``."""
        if export.on("metrics"):
            self._made().add(amount, _dotted(attributes))

    def record(self, value: float, **attributes: str) -> None:
        """Take note of one measurement, for a histogram."""
        if export.on("metrics"):
            self._made().record(value, _dotted(attributes))

    def observe(self, value: Callable[[], float]) -> None:
        """Ask ``value`` whenever measurements are sent, for an observable gauge; once a process."""
        if export.on("metrics"):
            from opentelemetry.metrics import Observation

            export.once(
                self.name,
                lambda: export.meter().create_observable_gauge(
                    self.name, [lambda _: [Observation(value(), this_process())]], self.unit, self.description
                ),
            )

    @contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """The caller's part of an up-down counter, to be set again and again; nothing is left of it in the end."""
        given = 0

        def put(value: int) -> None:
            nonlocal given
            if value != given and export.on("metrics"):
                self._made().add(value - given, this_process())
                given = value

        try:
            yield put
        finally:
            put(0)

    def _made(self) -> Any:
        return export.once(self.name, self._make)

    def _make(self) -> Any:
        more = {"explicit_bucket_boundaries_advisory": self.buckets} if self.buckets else {}
        return getattr(export.meter(), f"create_{self.kind}")(self.name, self.unit, self.description, **more)


def this_process() -> Mapping[str, str | int]:
    """What tells the processes apart whose levels are added up."""
    return {"host.name": socket.gethostname(), "process.pid": os.getpid()}


def _dotted(attributes: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "."): value for name, value in attributes.items()}


_PROCESS = ("host.name", "process.pid")

BATCHES = Instrument(
    name="nightreel.batches", kind="counter", unit="{batch}", description="Batches that were finished."
)
CLIPS = Instrument(
    name="nightreel.clips",
    kind="counter",
    unit="{clip}",
    description="Rows of batches that came to an end, counted when it was recorded.",
    attributes=("end",),
)
JOBS = Instrument(
    name="nightreel.jobs",
    kind="counter",
    unit="{job}",
    description="Jobs that ended on the farm: made, found (a record was there) or failed.",
    attributes=("state", "engine"),
)
RETRIES = Instrument(
    name="nightreel.retries",
    kind="counter",
    unit="{job}",
    description="Jobs that were sent to a worker again: failed, interrupted, or their worker died.",
    attributes=("engine",),
)
QUEUE_DEPTH = Instrument(
    name="nightreel.queue.depth",
    kind="up_down_counter",
    unit="{clip}",
    description="Clips of the shards under way that have not ended; a shard counts whole until its first one has.",
    attributes=_PROCESS,
)
STAGE_DURATION = Instrument(
    name="nightreel.stage.duration",
    kind="histogram",
    unit="s",
    description="Time that one try of a clip spent in a stage.",
    attributes=("stage", "engine"),
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000),
)
FRAMES = Instrument(
    name="nightreel.frames",
    kind="counter",
    unit="{frame}",
    description="Frames of clips that were committed.",
    attributes=("engine",),
)
SPEND = Instrument(
    name="nightreel.spend",
    kind="counter",
    unit="USD",
    description="What the clips that were committed cost, CPU time by the setting usd_per_cpu_hour included.",
    attributes=("engine",),
)
STORAGE_ERRORS = Instrument(
    name="nightreel.storage.errors",
    kind="counter",
    unit="{error}",
    description="Reads and writes of the store that failed; not objects that are not there, nor lost races.",
    attributes=("operation", "error.type"),
)
WORKER_MEMORY = Instrument(
    name="nightreel.worker.memory.usage",
    kind="observable_gauge",
    unit="By",
    description="Resident memory of a worker process, without ffmpeg's.",
    attributes=_PROCESS,
)
WORKER_MEMORY_LIMIT = Instrument(
    name="nightreel.worker.memory.limit",
    kind="observable_gauge",
    unit="By",
    description="Memory at which Dask ends the worker process.",
    attributes=_PROCESS,
)

CATALOGUE: tuple[Instrument, ...] = tuple(one for one in globals().values() if isinstance(one, Instrument))
