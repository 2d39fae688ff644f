import pytest


@pytest.fixture(scope="session", autouse=True)
def _compiled(compiled):
    """Whatever is traced here needs the kernels."""
