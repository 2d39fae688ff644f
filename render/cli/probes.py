"""What ``nightreel doctor`` looks at: each probe tries the thing for real and says what to do about what is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from render import errors

if TYPE_CHECKING:
    from render.settings import Settings
    from render.store.objects import ObjectStore

ENCODERS = ("libx264", "aac", "libwebp")
GIB = 2**30
DISK_WANTED = 2 * GIB
MEMORY_WANTED_PER_WORKER = GIB
RACERS = 8


class Health(StrEnum):
    """How one thing is."""

    OK = "ok"
    WARNING = "warning"
    """Something is less than it could be; clips can be made all the same."""
    MISSING = "missing"
    """No clip can be made before this is mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one probe found."""

    name: str
    health: Health
    found: str
    fix: str = ""
    """What to do about it; empty when all is well."""


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
    free = shutil.disk_usage(_nearest(settings.scratch)).free
    enough = free >= DISK_WANTED
    yield Finding(
        name="scratch disk",
        health=Health.OK if enough else Health.WARNING,
        found=f"{free / GIB:.1f} GiB free at {settings.scratch}",
        fix="" if enough else "Free some space, or put NIGHTREEL_SCRATCH on a larger disk.",
    )


def _cache(settings: Settings) -> Iterator[Finding]:
    writable = os.access(_nearest(settings.cache), os.W_OK)
    size = sum(file.stat().st_size for file in settings.cache.rglob("*") if file.is_file())
    yield Finding(
        name="kernel cache",
        health=Health.OK if writable else Health.WARNING,
        found=f"{size / 2**20:.0f} MiB at {settings.cache}" if size else f"empty, at {settings.cache}",
        fix=""
        if writable
        else "Not writable: set NIGHTREEL_CACHE to a directory that is, or every start compiles anew.",
    )


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest parent that exists."""
    path = path.absolute()
    return next(candidate for candidate in (path, *path.parents) if candidate.exists())


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
    yield Finding(name="prompt reader", health=Health.OK, found=f"teacup is near to {near.phrase} ({near.score:.2f})")


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


def _store(settings: Settings) -> Iterator[Finding]:
    from render.store.directory import TEMPORARY
    from render.store.objects import open_store

    store = open_store(settings.store)
    path = f"doctor/{uuid4().hex}"
    folder = Path(store.url)
    new = "://" not in store.url and not folder.exists()
    there = _nearest(folder)
    try:
        faults = _try_store(store, path)
    except errors.NightreelError as error:
        faults = [str(error)]
    if faults:
        yield Finding(
            name="store",
            health=Health.MISSING,
            found=f"{store.url}: {'; '.join(faults)}",
            fix="Let this account read, write, list, delete (on S3 also put conditionally), or choose another --store.",
        )
    else:
        found = f"{store.url}: reads, writes, lists and deletes; put-if-absent has one winner"
        if new:
            found += "; it is not there yet, the first run makes it"
            with suppress(OSError):  # somebody has begun to use it meanwhile
                (folder / TEMPORARY).rmdir()
                while folder != there:
                    folder.rmdir()
                    folder = folder.parent
        yield Finding(name="store", health=Health.OK, found=found)


def _try_store(store: ObjectStore, path: str) -> list[str]:
    """Write, read, race and delete one small object; what did not go as it must."""
    from concurrent.futures import ThreadPoolExecutor

    faults: list[str] = []
    payloads = [f"racer {number}".encode() for number in range(RACERS)]
    try:
        with ThreadPoolExecutor(RACERS) as pool:
            won = list(pool.map(lambda data: store.put_if_absent(path, data), payloads))
        if sum(won) != 1:
            faults.append(f"put-if-absent has {sum(won)} winners of {RACERS} instead of 1")
        elif store.get(path) != payloads[won.index(True)]:
            faults.append("put-if-absent was overwritten by a loser")
        store.put(path, b"plain")
        if store.get(path) != b"plain":
            faults.append("a written object reads back differently")
        if path not in store.list("doctor"):
            faults.append("a written object is not listed")
    finally:
        store.delete(path)
    if store.exists(path):
        faults.append("a deleted object is still there")
    return faults


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
    "store": _store,
}
