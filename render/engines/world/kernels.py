"""Compiles the tracer's kernels once a machine, under a lock, into the bench's cache."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import warp as wp

CPU_FLAGS = "-march=native"
"""Without Warp's raised inlining, which doubles the compiler's work here and makes no frame quicker."""
COMPILERS = 2
"""Modules compiled at once."""


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """No line of the native library's about a missing CUDA driver, which is no news on a CPU."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def prepare(cache: Path, device: str) -> None:
    """Load all kernels for ``device``, compiling those that ``cache`` lacks.

    A second process that comes while the first one compiles waits for it, then only loads.
    """
    home = cache / "warp"
    home.mkdir(parents=True, exist_ok=True)
    wp.config.log_level = wp.LOG_ERROR
    wp.config.kernel_cache_dir = str(home)
    wp.config.cpu_compiler_flags = CPU_FLAGS
    with _hushed() if device == "cpu" else contextlib.nullcontext():
        wp.init()
    from render.engines.world.physics import cloth_kernels
    from render.engines.world.tracer import (
        blur_kernels,
        finish_kernels,
        lamp_kernels,
        light_kernels,
        moving_kernels,
        probe_kernels,
        puff_kernels,
        raster_kernels,
        rim_kernels,
        sea_kernels,
        sight_kernels,
        sky_kernels,
        still_kernels,
        tree_kernels,
        wave_kernels,
    )

    with (home / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        modules = (
            sight_kernels,
            rim_kernels,
            moving_kernels,
            probe_kernels,
            sea_kernels,
            still_kernels,
            sky_kernels,
            wave_kernels,
            light_kernels,
            lamp_kernels,
            puff_kernels,
            blur_kernels,
            tree_kernels,
            finish_kernels,
            raster_kernels,
        )
        wp.force_load(device, [wp.get_module(module.__name__) for module in modules], max_workers=COMPILERS)
        # Cloth is stepped, and trees are grown, on the CPU whatever draws.
        for module in (cloth_kernels, tree_kernels):
            wp.load_module(module.__name__, device="cpu")
