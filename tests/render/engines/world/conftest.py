import os

import pytest


@pytest.fixture(scope="session")
def kernel_cache(tmp_path_factory):
    """One cache of kernels for the whole run, its parallel workers too: compiling them takes a minute of CPU."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kernels"
