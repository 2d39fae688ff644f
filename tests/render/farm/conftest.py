import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from render.engines import registry
from render.farm import cluster
from render.model import Job
from render.settings import Settings, load

PLUGINS = str(Path(__file__).with_name("plugins"))

_numbers = itertools.count(1)


@pytest.fixture
def new_job() -> Callable[..., Job]:
    """Makes a small job with a fingerprint of its own."""
    return _new_job


def _new_job(prompt: str = "bars", *, engine: str = "mischief", **fields) -> Job:
    return Job(
        **{
            "fingerprint": f"{next(_numbers):064x}",
            "prompt": prompt,
            "negative_prompt": "",
            "style": "realistic",
            "duration_ms": 500,
            "width": 64,
            "height": 64,
            "fps": 8,
            "seed": 0,
            "engine": engine,
            "engine_revision": registry.find(engine).capabilities.revision,
        }
        | fields
    )


@pytest.fixture(scope="module", autouse=True)
def plugins() -> Iterator[None]:
    """The engines of ``plugins/`` are installed for these tests and in every process that they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PLUGINS)
        patch.setenv("PYTHONPATH", PLUGINS, prepend=os.pathsep)
        yield


def settings_in(folder: Path) -> Settings:
    return load(
        store=str(folder / "store"),
        scratch=folder / "scratch",
        cache=folder / "cache",
        workers=2,
        backoff_seconds=0.01,
        stop_after_engine_errors=3,
    )


@pytest.fixture
def settings(tmp_path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture(scope="module")
def farm(tmp_path_factory) -> Iterator[tuple[str, Settings]]:
    """A running farm of two workers: its address and its settings."""
    settings = settings_in(tmp_path_factory.mktemp("farm"))
    with cluster.local(settings) as address:
        yield address, settings
