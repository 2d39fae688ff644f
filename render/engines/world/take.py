"""One clip on its way: read, build, simulate, then draw frame by frame, and last the sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from render.engines.contract import SAMPLE_RATE, Cancel, Progress
from render.engines.world import families, physics, waves
from render.engines.world.presets import STANDARD, Preset
from render.engines.world.reading.job import understanding, wanted
from render.engines.world.scene import Scene
from render.engines.world.stage import Stage
from render.engines.world.styles import STYLES
from render.engines.world.tracer.picture import Picture
from render.model import Event, Finish, Job

CHUNK_BYTES = 8 * 640 * 360 * 3
"""About as large a chunk may grow; at least one frame."""


def events(stage: Stage, contacts: Sequence[physics.Contact], seconds: float) -> tuple[Event, ...]:
    """Contacts (strength in N·s) and crests at the rocks (strength in metres), by seconds of the film."""
    happened = [
        Event(
            time_s=contact.time / stage.tempo,
            name=f"contact: {contact.first}, {contact.second}",
            strength=contact.impulse,
        )
        for contact in contacts
    ]
    for k, (x, y, _) in enumerate(stage.shores):
        crests = waves.arrivals(stage.waves, x, y, seconds * stage.tempo)
        happened += [
            Event(time_s=time / stage.tempo, name=f"crest: rock {k + 1}", strength=height) for time, height in crests
        ]
    seen = [event for event in happened if event.time_s < seconds]
    return tuple(sorted(seen, key=lambda event: (event.time_s, event.name)))


def take(job: Job, *, preset: Preset = STANDARD, device: str) -> Take:
    """The take of a job: its scene read, its stage built and moved."""
    scene = wanted(job)
    return Take(job, scene, families.build(scene, seed=job.seed, seconds=job.seconds), preset=preset, device=device)


class Take:
    """A job that has been simulated and is ready to be drawn. ``finish`` may be called after the last frame."""

    def __init__(self, job: Job, scene: Scene, stage: Stage, *, preset: Preset = STANDARD, device: str) -> None:
        self.job, self.scene, self.stage = job, scene, stage
        floor = self.stage.ground_substance if self.stage.ground is not None else None
        self.motion = physics.simulate(
            self.stage.solids,
            floor=floor,
            frames=job.frames,
            fps=job.fps,
            tempo=self.stage.tempo,
            waves=self.stage.waves,
            cloths=self.stage.cloths,
            wind=self.stage.wind,
            still=self.stage.still,
        )
        self.picture = Picture(
            self.stage,
            self.motion,
            wish=self.scene.camera,
            style=STYLES[job.style],
            preset=preset,
            width=job.width,
            height=job.height,
            fps=job.fps,
            seed=job.seed,
            device=device,
        )

    def frames(self, cancel: Cancel, progress: Progress) -> Iterator[NDArray[np.uint8]]:
        """Chunks ``[n, height, width, 3]``."""
        job = self.job
        size = max(1, min(8, CHUNK_BYTES // (job.width * job.height * 3)))
        for first in range(0, job.frames, size):
            cancel.check()
            last = min(first + size, job.frames)
            chunk = np.empty((last - first, job.height, job.width, 3), np.uint8)
            for index in range(first, last):
                chunk[index - first] = self.picture.frame(index)
            yield chunk
            progress(job, last / job.frames)

    def finish(self) -> Finish:
        """The sound, the events, and what was understood."""
        from render.engines.world.sound import impacts, mix

        samples = round(self.job.frames * SAMPLE_RATE / self.job.fps)
        sound = mix.render(
            self.stage,
            self.motion,
            cameras=self.picture.cameras,
            fps=self.job.fps,
            samples=samples,
            seed=self.job.seed,
        )
        return Finish(
            sound=sound,
            events=events(self.stage, impacts.audible(self.motion.contacts), self.job.seconds),
            understanding=understanding(self.job, self.scene),
        )
