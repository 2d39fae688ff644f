"""What an engine is: opened once a worker, given a group of like jobs, it yields each job's footage as it is ready.

One contract serves the simulator (one job at a time on a CPU or GPU), open weights on a GPU (loaded once,
fastest when like jobs are batched) and hosted models (submit, wait, collect). To add an engine, subclass
:class:`Engine`, name it in the ``nightreel.engines`` entry-point group, and subclass
:class:`render.engines.abstract_suite.EngineSuite` in a test.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

from render import errors
from render.model import Failure, Footage, Form, Job, Understanding

SAMPLE_RATE = 48_000
"""Samples a second of every engine's sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an engine can do and what it needs, known without opening it."""

    name: str
    revision: str
    """Enters the fingerprint: change it whenever the same job could give another picture or sound."""
    title: str
    """One line for people."""
    simulated: bool
    """True for previs that no model generated; the report says so."""
    makes_sound: bool
    takes_scene: bool = False
    """True when a row may give its scene as data instead of words."""
    styles: frozenset[str] = frozenset({"realistic", "cinematic", "anime"})
    max_seconds: float = 60.0
    max_pixels: int = 4096 * 4096
    resources: Mapping[str, float] = field(default_factory=dict)
    """Dask worker resources a group needs, such as ``{"GPU": 1, "MEMORY": 8e9}``; MEMORY in bytes."""
    group_size: int = 1
    """How many like jobs the engine wants at once."""
    cpu_ms_per_megapixel: float = 0.0
    """CPU milliseconds for each million pixels of footage, for the time estimate."""
    cpu_ms_per_clip: float = 0.0
    usd_per_second: float = 0.0
    """Price of a second of footage, for engines that cost money; 0 for those that run on your own machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where an engine works: given to it when it is opened."""

    device: str
    """"cpu" or "cuda:0"; chosen by the worker."""
    scratch: Path
    """An existing private directory that the worker removes afterwards."""
    cache: Path
    """A node-local directory that outlives the process, for compiled kernels."""


class Cancel:
    """A flag that the farm sets and an engine looks at, at least once a chunk."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask the engine to stop at its next look."""
        self._event.set()

    def check(self) -> None:
        """Raise :class:`render.errors.Cancelled` if the flag is set."""
        if self._event.is_set():
            raise errors.Cancelled("The batch was cancelled.")


Progress = Callable[[Job, float], None]
"""Called with a job and its share done, 0 to 1, from time to time."""


class Engine(ABC):
    """Makes footage out of jobs. Opened once a worker process, used by one thread at a time."""

    capabilities: ClassVar[Capabilities]

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    @classmethod
    def refusal(cls, form: Form) -> tuple[str, str, str] | None:
        """Say in planning whether rows of this form can never succeed here: (column, reason, fix), else None.

        Asked once for each form, before the engine is opened; an engine that overrides it ends with ``super()``'s word.
        """
        can = cls.capabilities
        if form.style not in can.styles:
            known = ", ".join(sorted(can.styles))
            return "style", f"Engine {can.name} has no style {form.style!r}.", f"Use one of {known}."
        if form.scene and not can.takes_scene:
            return "scene", f"Engine {can.name} takes no scene as data.", "Use engine world, or leave scene empty."
        if form.duration_ms > can.max_seconds * 1000:
            return (
                "seconds",
                f"Engine {can.name} makes at most {can.max_seconds:g} s, not {form.duration_ms / 1000:g} s.",
                f"Set seconds to at most {can.max_seconds:g}.",
            )
        if form.width * form.height > can.max_pixels:
            return (
                "width",
                f"Engine {can.name} makes at most {can.max_pixels} pixels a frame, not {form.width}x{form.height}.",
                "Ask for a smaller size.",
            )
        return None

    @classmethod
    def foresee(cls, job: Job) -> Understanding | None:
        """Say in planning what the engine would show for this job; None where that is only known when it is made."""
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def generate(self, jobs: Sequence[Job], *, cancel: Cancel, progress: Progress) -> Iterator[Footage | Failure]:
        """Yield footage or a failure for each job, each job exactly once, in any order.

        A footage's frames are consumed before the next item is asked for. An exception while its frames are
        read, or from its ``finish``, is that job's failure; an exception out of this iterator is a failure of
        every job not yet yielded. :class:`render.errors.EngineRefused` means: never try again.
        """

    def close(self) -> None:
        """Give back what the engine holds. Called once; nothing is called after it."""
