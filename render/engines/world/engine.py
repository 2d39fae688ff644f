"""The built-in engine: a simulated world that is traced and heard. Heavy imports wait until it is opened."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from render import errors
from render.engines.contract import Bench, Cancel, Capabilities, Engine, Progress
from render.engines.world.presets import DRAFT, FINAL, STANDARD, Preset
from render.imports import uncollected
from render.model import Failure, Footage, Form, Job, Understanding

if TYPE_CHECKING:
    from render.engines.world.take import Take

REVISION = "world-15"


class WorldEngine(Engine):
    """Simulated previs: MuJoCo moves it, Warp traces it, its contacts sound. One job at a time."""

    capabilities: ClassVar[Capabilities] = Capabilities(
        name="world",
        revision=REVISION,
        title="Simulated previs: MuJoCo physics, Warp ray tracing, sound from contacts",
        simulated=True,
        makes_sound=True,
        takes_scene=True,
        group_size=1,
        cpu_ms_per_megapixel=260.0,
        cpu_ms_per_clip=1400.0,
    )

    preset: ClassVar[Preset] = STANDARD

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        _libraries()
        from render.engines.world import kernels

        kernels.prepare(bench.cache, bench.device)

    @classmethod
    def refusal(cls, form: Form) -> tuple[str, str, str] | None:
        """See :meth:`render.engines.contract.Engine.refusal`: a scene that is not valid can never be built."""
        if fault := _scene_fault(form.scene):
            return "scene", fault, 'Mend the scene; `nightreel scene "PROMPT"` prints a right one to begin with.'
        return super().refusal(form)

    @classmethod
    def foresee(cls, job: Job) -> Understanding | None:
        """See :meth:`render.engines.contract.Engine.foresee`: the prompt is read as it will be."""
        from render.engines.world.reading.job import understanding, wanted

        return understanding(job, wanted(job))

    def generate(self, jobs: Sequence[Job], *, cancel: Cancel, progress: Progress) -> Iterator[Footage | Failure]:
        """See :meth:`render.engines.contract.Engine.generate`."""
        from render.engines.world.take import take

        for job in jobs:
            cancel.check()
            reason = self._hindrance(job)
            if reason:
                yield Failure(job=job, reason=reason, permanent=True)
                continue
            try:
                taken = take(job, preset=self.preset, device=self.bench.device)
            except (errors.EngineError, MemoryError, RuntimeError, ValueError) as error:
                # A device that fails says so by a plain RuntimeError.
                may_pass = isinstance(error, MemoryError | RuntimeError) and not isinstance(error, errors.EngineError)
                yield Failure(job=job, reason=f"The scene cannot be built: {error}", permanent=not may_pass)
                continue
            yield _footage(taken, cancel, progress)

    def _hindrance(self, job: Job) -> str:
        """Why this job can never be made here, or nothing."""
        can = self.capabilities
        if job.style not in can.styles:
            return f"Engine {can.name} has no style {job.style!r}. Use one of {', '.join(sorted(can.styles))}."
        if fault := _scene_fault(job.scene):
            return fault
        if len(job.shots) > 1:
            return f"Engine {can.name} makes one shot a clip, not {len(job.shots)}. Split the row."
        if job.seconds > can.max_seconds + 1 or job.width * job.height > can.max_pixels:
            return f"{job.width}x{job.height} for {job.seconds:g} s is more than engine {can.name} makes. Ask for less."
        return ""


class DraftEngine(WorldEngine):
    """The same take with fewer samples: quicker, with rougher edges and shadows."""

    preset = DRAFT
    capabilities = dataclasses.replace(
        WorldEngine.capabilities,
        name="world-draft",
        title=f"{WorldEngine.capabilities.title}; fewer samples",
        cpu_ms_per_megapixel=150.0,
    )


class FinalEngine(WorldEngine):
    """The same take with more samples: slower, with finer edges and shadows."""

    preset = FINAL
    capabilities = dataclasses.replace(
        WorldEngine.capabilities,
        name="world-final",
        title=f"{WorldEngine.capabilities.title}; more samples",
        cpu_ms_per_megapixel=420.0,
    )


@functools.cache
def _libraries() -> None:
    """Import, once a process, what every take needs."""
    os.environ.setdefault("MUJOCO_GL", "disable")  # else MuJoCo imports what opens windows
    with uncollected():
        importlib.import_module("render.engines.world.take")


def _scene_fault(scene: str) -> str:
    """What is wrong with a scene that is given as data, or nothing."""
    from render.engines.world.reading import document

    try:
        if scene:
            document.parse(scene)
    except document.SceneError as error:
        return str(error)
    return ""


def _footage(taken: Take, cancel: Cancel, progress: Progress) -> Footage:
    return Footage(job=taken.job, frames=taken.frames(cancel, progress), finish=taken.finish)
