"""The tests that any engine passes.

Subclass :class:`EngineSuite` in a test module and name the engine::

    class TestMyEngine(EngineSuite):
        engine = MyEngine

Every promise of :mod:`render.engines.contract` is tried on small, short jobs. Only this module imports pytest.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest

from render import errors
from render.engines.contract import SAMPLE_RATE, Bench, Cancel, Capabilities, Engine, Progress
from render.model import Finish, Footage, Job, Row

if TYPE_CHECKING:
    from numpy.typing import NDArray


def make_job(engine: type[Engine], **changes: Any) -> Job:
    """A small job for an engine; ``changes`` replace its fields."""
    fields: dict[str, Any] = {
        "prompt": "A red ball falls onto a wooden table and bounces",
        "negative_prompt": "",
        "style": min(engine.capabilities.styles),
        "duration_ms": 500,
        "width": 96,
        "height": 64,
        "fps": 12,
        "seed": 1,
        "engine": engine.capabilities.name,
        "engine_revision": engine.capabilities.revision,
    } | changes
    return Job(fingerprint=hashlib.sha256(repr(sorted(fields.items())).encode()).hexdigest(), **fields)


def _unheard(job: Job, share: float) -> None:
    """A progress that nobody listens to."""


class EngineSuite:
    """Tests of one engine. Set :attr:`engine`; widen the rest only where the engine must have it."""

    engine: ClassVar[type[Engine]]
    sizes: ClassVar[tuple[dict[str, int], ...]] = (
        {},
        {"width": 64, "height": 128, "fps": 8, "duration_ms": 1000},
        {"width": 130, "height": 66, "fps": 30, "duration_ms": 517},
    )
    """Jobs that must come out right, as changes of :func:`make_job`."""
    seed_matters: ClassVar[bool] = True
    """False only for an engine that says in its title or documentation that seeds change nothing."""
    deterministic: ClassVar[bool] = True
    """False only for a hosted model that cannot promise the same clip twice."""
    device: ClassVar[str] = "cpu"

    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Engine]:
        """The engine, opened for one test."""
        scratch, cache = tmp_path / "scratch", tmp_path / "cache"
        scratch.mkdir()
        cache.mkdir()
        with self.engine(Bench(device=self.device, scratch=scratch, cache=cache)) as engine:
            yield engine

    def test_capabilities_are_sane(self) -> None:
        can = self.engine.capabilities
        assert isinstance(can, Capabilities)
        assert re.fullmatch(r"[a-z][a-z0-9_.-]*", can.name)
        assert can.revision
        assert can.title
        assert "\n" not in can.title
        assert can.styles
        assert can.max_seconds > 0
        assert can.max_pixels >= 64 * 64
        assert can.group_size >= 1
        assert min(can.cpu_ms_per_megapixel, can.cpu_ms_per_clip, can.usd_per_second) >= 0
        assert all(amount > 0 for amount in can.resources.values())

    def test_planning_refuses_what_it_cannot_make(self) -> None:
        can = self.engine.capabilities
        job = make_job(self.engine)
        fitting: dict[str, Any] = {"style": job.style, "width": job.width, "height": job.height, "fps": job.fps}
        beyond: list[dict[str, Any]] = [
            {"style": "no such style"},
            {"duration_ms": int(can.max_seconds * 1000) + 1000},
            {"width": 2 * math.isqrt(can.max_pixels) + 2, "height": 2 * math.isqrt(can.max_pixels) + 2},
        ]
        assert self.engine.refusal(self._row(**fitting)) is None
        for change in beyond:
            refusal = self.engine.refusal(self._row(**(fitting | change)))
            assert refusal is not None, f"{change} is beyond what the engine says it can do"
            column, reason, fix = refusal
            assert column in {"style", "seconds", "width", "height", "fps", "shots", "prompt"}
            assert reason
            assert fix

    def test_footage_has_the_shape_and_length_of_its_job(self, opened: Engine) -> None:
        for size in self.sizes:
            job = make_job(self.engine, **size)
            for footage in self._each(opened, [job]):
                assert footage.job == job
                count = 0
                for chunk in footage.frames:
                    assert chunk.dtype == np.uint8
                    assert chunk.shape[1:] == (job.height, job.width, 3)
                    assert len(chunk) > 0
                    count += len(chunk)
                assert count == job.frames, "finish comes after the last of exactly job.frames frames"
                self._check_finish(footage.finish(), job)

    def test_the_picture_is_not_black_and_moves(self, opened: Engine) -> None:
        frames = self._all(opened, make_job(self.engine))
        assert frames.mean() > 4, "the clip is black"
        assert frames.std() > 1, "the clip is one flat colour"
        moves = [bool((one != two).any()) for one, two in itertools.pairwise(frames)]
        assert sum(moves) > len(moves) / 2, "most of the clip stands still"

    def test_the_same_job_gives_the_same_footage(self, opened: Engine) -> None:
        job = make_job(self.engine)
        one, two = self._hash(opened, job), self._hash(opened, job)
        assert one == two or not self.deterministic

    def test_another_seed_gives_another_clip(self, opened: Engine) -> None:
        one, two = (self._hash(opened, make_job(self.engine, seed=seed)) for seed in (1, 2))
        assert (one != two) or not self.seed_matters

    def test_every_job_of_a_group_is_yielded_once(self, opened: Engine) -> None:
        jobs = [make_job(self.engine, seed=seed) for seed in (1, 2, 3)]
        told: list[tuple[Job, float]] = []
        yielded = []
        for footage in self._each(opened, jobs, progress=lambda job, share: told.append((job, share))):
            assert sum(len(chunk) for chunk in footage.frames) == footage.job.frames
            footage.finish()
            yielded.append(footage.job.fingerprint)
        assert sorted(yielded) == sorted(job.fingerprint for job in jobs)
        assert all(job in jobs and 0 <= share <= 1 for job, share in told)

    def test_a_group_gives_what_single_jobs_give(self, opened: Engine) -> None:
        jobs = [make_job(self.engine, seed=seed) for seed in (1, 2)]
        grouped = {footage.job.fingerprint: _digest(footage) for footage in self._each(opened, jobs)}
        if self.deterministic:
            assert grouped == {job.fingerprint: self._hash(opened, job) for job in jobs}

    def test_a_cancel_before_the_start_is_honoured(self, opened: Engine) -> None:
        cancel = Cancel()
        cancel.set()
        with pytest.raises(errors.Cancelled):
            self._drain(self._each(opened, [make_job(self.engine)], cancel))

    def test_a_cancel_in_the_middle_is_honoured_and_the_engine_works_on(self, opened: Engine) -> None:
        jobs = [make_job(self.engine, seed=seed) for seed in (1, 2)]
        cancel = Cancel()
        each = self._each(opened, jobs, cancel)
        first = next(each)
        next(first.frames)
        cancel.set()
        with pytest.raises(errors.Cancelled):
            self._drain(itertools.chain([first], each))
        assert len(self._all(opened, jobs[0])) == jobs[0].frames

    def test_close_gives_back_and_another_one_opens(self, tmp_path: Path) -> None:
        for _ in range(2):
            engine = self.engine(Bench(device=self.device, scratch=tmp_path, cache=tmp_path))
            self._drain(self._each(engine, [make_job(self.engine)]))
            engine.close()

    def _check_finish(self, finish: Finish, job: Job) -> None:
        assert finish.sound.dtype == np.float32
        assert finish.sound.ndim == 2
        assert finish.sound.shape[1] == 2
        if self.engine.capabilities.makes_sound:
            assert abs(len(finish.sound) - job.frames * SAMPLE_RATE / job.fps) <= 1
        else:
            assert len(finish.sound) == 0
        assert np.isfinite(finish.sound).all()
        assert np.abs(finish.sound).max(initial=0) <= 1
        assert all(0 <= event.time_s <= job.seconds and event.name for event in finish.events)
        assert all(0 <= line.start_s < line.end_s <= job.seconds and line.text for line in finish.captions)
        if finish.understanding is not None:
            assert 0 <= finish.understanding.share <= 1
            assert finish.understanding.scene
        assert self.engine.foresee(job) in {None, finish.understanding}, "what is foreseen is what is shown"

    def _row(self, **changes: Any) -> Row:
        job = make_job(self.engine)
        fields: dict[str, Any] = {"prompt": job.prompt, "duration_ms": job.duration_ms, "engine": job.engine} | changes
        return Row(row=0, experiment="suite", variant="a", **fields)

    def _each(
        self, engine: Engine, jobs: list[Job], cancel: Cancel | None = None, progress: Progress = _unheard
    ) -> Iterator[Footage]:
        for item in engine.generate(jobs, cancel=cancel or Cancel(), progress=progress):
            assert isinstance(item, Footage), item
            yield item

    def _drain(self, footage: Iterable[Footage]) -> None:
        for one in footage:
            for _ in one.frames:
                pass

    def _all(self, engine: Engine, job: Job) -> NDArray[np.uint8]:
        (frames,) = (
            np.concatenate([chunk.copy() for chunk in footage.frames]) for footage in self._each(engine, [job])
        )
        return frames

    def _hash(self, engine: Engine, job: Job) -> str:
        (digest,) = (_digest(footage) for footage in self._each(engine, [job]))
        return digest


def _digest(footage: Footage) -> str:
    digest = hashlib.sha256()
    for chunk in footage.frames:
        digest.update(np.ascontiguousarray(chunk).data)
    finish = footage.finish()
    digest.update(np.ascontiguousarray(finish.sound).data)
    digest.update(repr((finish.events, finish.captions, finish.understanding)).encode())
    return digest.hexdigest()
