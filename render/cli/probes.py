"""What ``nightreel doctor`` looks at: each probe tries the thing for real and says what to do about what is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from render import errors
from render.cli import store_probe
from render.cli.findings import Finding, Health, nearest

if TYPE_CHECKING:
    from render.settings import Settings

ENCODERS = ("libx264", "aac", "libwebp")
GIB = 2**30
DISK_WANTED = 2 * GIB
MEMORY_WANTED_PER_WORKER = GIB


def examine(settings: Settings) -> Iterator[Finding]:
    """Run every probe, the quick ones first."""
    for name, probe in PROBES.items():
        try:
            yield from probe(settings)
        except Exception as error:  # noqa: BLE001 a probe that breaks is itself a finding
            yield Finding(
                name=name,
                health=Health.MISSING,
                found=f"{type(error).__name__}: {error}",
                fix="Mend what the message names, then run `nightreel doctor` again.",
            )


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    right = sys.version_info[:2] == (3, 11)
    yield Finding(
        name="python",
        health=Health.OK if right else Health.WARNING,
        found=f"{version} at {sys.executable}",
        fix="" if right else "Use Python 3.11, which the lock file was made for.",
    )


def _extras(_: Settings) -> Iterator[Finding]:
    present = importlib.util.find_spec("airflow") is not None
    yield Finding(
        name="airflow",
        health=Health.OK if present else Health.WARNING,
        found=metadata.version("apache-airflow") if present else "not installed",
        fix="" if present else "Only the nightly schedule needs it: pip install 'nightreel[airflow]'.",
    )


def _memory(settings: Settings) -> Iterator[Finding]:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _cgroup_limit()
    bytes_ = min(total, limit) if limit else total
    enough = bytes_ >= settings.workers * MEMORY_WANTED_PER_WORKER
    yield Finding(
        name="memory",
        health=Health.OK if enough else Health.WARNING,
        found=f"{bytes_ / GIB:.1f} GiB for {settings.workers} workers",
        fix="" if enough else "Use fewer workers (--workers N) or small frames: a worker wants about 1 GiB.",
    )


def _cgroup_limit() -> int | None:
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(nearest(settings.scratch)).free
    enough = free >= DISK_WANTED
    yield Finding(
        name="scratch disk",
        health=Health.OK if enough else Health.WARNING,
        found=f"{free / GIB:.1f} GiB free at {settings.scratch}",
        fix="" if enough else "Free some space, or put NIGHTREEL_SCRATCH on a larger disk.",
    )


def _cache(settings: Settings) -> Iterator[Finding]:
    writable = os.access(nearest(settings.cache), os.W_OK)
    size = sum(file.stat().st_size for file in settings.cache.rglob("*") if file.is_file())
    yield Finding(
        name="kernel cache",
        health=Health.OK if writable else Health.WARNING,
        found=f"{size / 2**20:.0f} MiB at {settings.cache}" if size else f"empty, at {settings.cache}",
        fix=""
        if writable
        else "Not writable: set NIGHTREEL_CACHE to a directory that is, or every start compiles anew.",
    )


def _ffmpeg(_: Settings) -> Iterator[Finding]:
    from render.media import ffmpeg

    binary = ffmpeg.binary()
    version = _output(binary, "-version").splitlines()[0].split(" Copyright")[0]
    listed = {line.split()[1] for line in _output(binary, "-encoders").splitlines() if len(line.split()) > 1}
    lacking = [name for name in ENCODERS if name not in listed]
    able = f"without {', '.join(lacking)}" if lacking else f"with {', '.join(ENCODERS)}"
    yield Finding(
        name="ffmpeg",
        health=Health.MISSING if lacking else Health.OK,
        found=f"{version}, {able}, at {binary}",
        fix="Name an ffmpeg that has these encoders in IMAGEIO_FFMPEG_EXE." if lacking else "",
    )


def _output(binary: str, *arguments: str) -> str:
    done = subprocess.run([binary, "-hide_banner", *arguments], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def _torch(_: Settings) -> Iterator[Finding]:
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU: everything runs on the CPU"
    yield Finding(name="torch", health=Health.OK, found=f"{torch.__version__}, {gpu}")


def _engines(_: Settings) -> Iterator[Finding]:
    from render.engines import registry

    for name in registry.names():
        try:
            can = registry.find(name).capabilities
        except errors.EngineMissing as error:
            builtin = name in registry.BUILT_IN
            yield Finding(
                name=f"engine {name}",
                health=Health.MISSING if builtin else Health.WARNING,
                found=str(error),
                fix="Install what it lacks; until then rows that ask for it are refused.",
            )
        else:
            yield Finding(name=f"engine {name}", health=Health.OK, found=f"{can.revision}: {can.title}")


def _reader(_: Settings) -> Iterator[Finding]:
    """The sentence model with which engine world reads words that no lexicon has."""
    from render.engines.world.reading import nearness

    near = nearness.nearest(["teacup"], ("cup", "shoe"))["teacup"]
    found = f"the sentence model of engine world runs: of cup and shoe, teacup is nearer to {near.phrase}"
    yield Finding(name="prompt reader", health=Health.OK, found=f"{found} ({near.score:.2f} of 1)")


def _scheduler(settings: Settings) -> Iterator[Finding]:
    if settings.scheduler is None:
        found = f"none set: runs start {settings.workers} workers of their own"
        yield Finding(name="scheduler", health=Health.OK, found=found)
        return
    from render.farm import cluster

    try:
        with cluster.connect(settings.scheduler, seconds=5.0) as client:
            workers = len(client.scheduler_info(n_workers=-1)["workers"])
    except errors.SchedulerAway as error:
        fix = "Start it, correct NIGHTREEL_SCHEDULER, or unset it to use workers of this machine."
        yield Finding(name="scheduler", health=Health.MISSING, found=str(error), fix=fix)
        return
    yield Finding(
        name="scheduler",
        health=Health.OK if workers else Health.WARNING,
        found=f"{settings.scheduler} with {workers} workers",
        fix="" if workers else "Start workers for it: jobs wait until there are some.",
    )


PROBES: dict[str, Callable[[Settings], Iterator[Finding]]] = {
    "python": _python,
    "airflow": _extras,
    "memory": _memory,
    "scratch disk": _disk,
    "kernel cache": _cache,
    "ffmpeg": _ffmpeg,
    "torch": _torch,
    "engines": _engines,
    "prompt reader": _reader,
    "scheduler": _scheduler,
    "store": store_probe.examine,
}
