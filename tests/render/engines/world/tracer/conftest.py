import pytest

from render.engines.world import kernels


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory):
    """The kernels, in a cache of the tests' own."""
    kernels.prepare(tmp_path_factory.mktemp("kernels"), "cpu")
