import pytest

from render.engines.world import kernels


@pytest.fixture(scope="session", autouse=True)
def compiled(kernel_cache):
    """The kernels, ready to be launched."""
    kernels.prepare(kernel_cache, "cpu")
