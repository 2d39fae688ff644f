"""What every test shares."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines are shared: how long an example takes says nothing of the code. Examples may share a test's folder.
settings.register_profile(
    "nightreel",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("nightreel")

sys.path.insert(0, str(Path(__file__).with_name("helpers")))


@pytest.fixture(autouse=True)
def _no_service_is_remembered() -> Iterator[None]:
    """Forget the S3 service of a test, whose address and credentials fsspec keeps: the next test has its own."""
    yield
    if s3fs := sys.modules.get("s3fs"):
        s3fs.S3FileSystem.clear_instance_cache()
