"""From one job's footage to a committed clip, in the order of the design's decision 5.

Frames go to the stream checks and the encoder as they come; sound follows whole; then mux, file checks, stills, commit.
"""

from __future__ import annotations

import resource
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from render import errors
from render.checks import registry as checks
from render.checks.contract import StreamCheck
from render.engines.contract import Cancel, Capabilities
from render.media import captions, mux, stills
from render.media.encode import Encoder
from render.model import STAND_IN, Figure, Finish, Footage, Understanding
from render.store import clips
from render.store.objects import ObjectStore
from render.telemetry import instruments
from render.telemetry.stages import Stages

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

T = TypeVar("T")


class Meter:
    """What has been spent since it was made."""

    def __init__(self) -> None:
        self.stages = Stages()
        """Where the time went."""
        self._wall = time.perf_counter()
        self._cpu = _cpu_seconds()

    def wall_seconds(self) -> float:
        """Seconds by the clock."""
        return time.perf_counter() - self._wall

    def cpu_seconds(self) -> float:
        """CPU seconds of this process, all its threads, and of its children that have ended."""
        return _cpu_seconds() - self._cpu


def make(
    footage: Footage,
    *,
    capabilities: Capabilities,
    store: ObjectStore,
    batch: str,
    folder: Path,
    device: str,
    usd_per_cpu_hour: float,
    cancel: Cancel,
    meter: Meter,
    moved: Callable[[], None],
) -> bool:
    """Make the clip and commit it; False if another worker's record was there first.

    ``folder`` is private and left to the caller to remove; ``meter`` was made when the engine was asked for this
    footage; ``moved`` is called after each chunk of frames and each step. Raises :class:`render.errors.EngineError` for
    footage that is not as the contract says or cannot be had, :class:`render.errors.MediaError`,
    :class:`render.errors.StoreError`, :class:`render.errors.Cancelled`.
    """
    job = footage.job
    picture, film = folder / "picture.mp4", folder / "clip.mp4"
    stage = meter.stages.stage
    finish, figures = _shoot(footage, picture, device=device, cancel=cancel, stages=meter.stages, moved=moved)
    with stage("mux"):
        mux.mux(
            picture,
            finish.sound,
            film,
            frames=job.frames,
            fps=job.fps,
            captions=finish.captions,
            comment=_comment(capabilities, finish.understanding),
        )
    render_seconds = meter.wall_seconds()
    moved()

    for check in checks.file_checks():
        with stage("file_check"):
            figures += check().measure(film, job)
        moved()
    files = {"clip": film, "poster": folder / "poster.webp", "sheet": folder / "sheet.webp"}
    with stage("stills"):
        stills.poster(film, files["poster"])
        stills.contact_sheet(film, files["sheet"])
        if finish.captions:
            files["captions"] = folder / "captions.vtt"
            captions.write_vtt(finish.captions, files["captions"])

    moved()
    cancel.check()
    cpu_seconds = meter.cpu_seconds()
    attempt = clips.new_attempt(batch)
    with stage("commit"):
        record = clips.commit(
            store,
            job=job,
            batch=batch,
            attempt=attempt,
            files=files,
            engine_simulated=capabilities.simulated,
            figures=figures,
            understanding=finish.understanding,
            events=finish.events,
            captions=finish.captions,
            render_seconds=render_seconds,
            cpu_seconds=cpu_seconds,
            cost_usd=cpu_seconds * usd_per_cpu_hour / 3600 + job.seconds * capabilities.usd_per_second,
            worker=socket.gethostname(),
            created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        )
    if won := record.attempt == attempt:
        instruments.FRAMES.add(job.frames, engine=job.engine)
        instruments.SPEND.add(record.cost_usd, engine=job.engine)
    return won


def _comment(capabilities: Capabilities, understanding: Understanding | None) -> str:
    """What somebody should know who has nothing but the file."""
    said = [f"Made by Nightreel with engine {capabilities.name}."]
    if capabilities.simulated:
        said.append("Simulated previs, not generated video.")
    if understanding and understanding.fallback:
        said.append(f"This is {STAND_IN}.")
    return " ".join(said)


@contextmanager
def blamed_on(engine: str) -> Iterator[None]:
    """Turn an engine's unforeseen exceptions into :class:`render.errors.EngineError`, the original as its cause."""
    try:
        yield
    except errors.NightreelError:
        raise
    except Exception as error:
        raise errors.EngineError(f"Engine {engine} failed with {described(error)}") from error


def drawn_from(engine: str, items: Iterator[T]) -> Iterator[T]:
    """The same items, with what the engine raises on the way :func:`blamed_on` it."""
    end = object()
    while True:
        with blamed_on(engine):
            item = next(items, end)
        if item is end:
            return
        yield item  # type: ignore[misc]


def described(error: BaseException) -> str:
    """An exception in one line: its kind, what it says and where it came from."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    return f"{type(error).__name__}: {error}{where}"


def _shoot(
    footage: Footage, picture: Path, *, device: str, cancel: Cancel, stages: Stages, moved: Callable[[], None]
) -> tuple[Finish, list[Figure]]:
    """Stream the frames into the checks and the picture file; gives what came with the last frame and the figures."""
    job = footage.job
    watching: list[StreamCheck] = [check(job) for check in checks.stream_checks()]
    with Encoder(picture, width=job.width, height=job.height, fps=job.fps) as encoder:
        for chunk in stages.drawn("render", drawn_from(job.engine, footage.frames)):
            cancel.check()
            first_frame = encoder.frames
            with stages.stage("encode"):
                encoder.write(chunk)
            with stages.stage("check"):
                tensor = _on_device(chunk, device)
                for check in watching:
                    check.see(tensor, first_frame)
            moved()
        if encoder.frames != job.frames:
            raise errors.EngineError(f"Engine {job.engine} gave {encoder.frames} frames instead of {job.frames}.")
        with stages.stage("encode"):
            encoder.close()
    with stages.stage("render"), blamed_on(job.engine):
        finish = footage.finish()
    moved()
    with stages.stage("check"):
        return finish, [figure for check in watching for figure in check.measure(finish)]


def _on_device(chunk: NDArray[np.uint8], device: str) -> torch.Tensor:
    import torch

    with warnings.catch_warnings():
        # Checks do not write to a chunk, so an engine may give one that cannot be written to.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(chunk).to(device)


def _cpu_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
