from pathlib import Path

import pytest

from render import settings
from render.engines.world import kernels


@pytest.fixture(scope="session")
def kernel_cache() -> Path:
    """Where the user's kernels are, which `make env` has compiled: a minute of CPU for those that would anew."""
    return settings.load().cache


@pytest.fixture(scope="session")
def compiled(kernel_cache: Path) -> None:
    """The kernels, ready to be launched."""
    kernels.prepare(kernel_cache, "cpu")
