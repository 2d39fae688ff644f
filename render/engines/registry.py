"""Engines by name: the built-in ones as import paths, others through the entry-point group ``nightreel.engines``.

An engine's module is imported only when the engine is asked for.
"""

from __future__ import annotations

import functools
import importlib
from importlib import metadata

from render import errors
from render.engines.contract import Capabilities, Engine

GROUP = "nightreel.engines"

BUILT_IN: dict[str, str] = {
    "world": "render.engines.world:WorldEngine",
    "world-draft": "render.engines.world:DraftEngine",
    "world-final": "render.engines.world:FinalEngine",
    "testcard": "render.engines.testcard:TestcardEngine",
}


def names() -> list[str]:
    """Names of all engines that can be asked for, sorted."""
    return sorted({*BUILT_IN, *(point.name for point in metadata.entry_points(group=GROUP))})


def find(name: str) -> type[Engine]:
    """The engine class of that name.

    Raises :class:`render.errors.EngineMissing` with the known names, or with what its import lacks.
    """
    paths = {point.name: point.value for point in metadata.entry_points(group=GROUP)} | BUILT_IN
    if name not in paths:
        raise errors.EngineMissing(f"There is no engine {name!r}. Known: {', '.join(names())}.")
    module, _, attribute = paths[name].partition(":")
    try:
        engine = getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        raise errors.EngineMissing(f"Engine {name!r} cannot be loaded: {error}. Install its extra.") from error
    except Exception as error:  # whatever another package's code raises
        raise errors.EngineMissing(f"Engine {name!r} cannot be loaded: {type(error).__name__}: {error}.") from error
    if not (isinstance(engine, type) and issubclass(engine, Engine)):
        raise errors.EngineMissing(f"Engine {name!r} ({paths[name]}) is not a subclass of Engine.")
    if engine.capabilities.name != name:
        raise errors.EngineMissing(f"Engine {name!r} calls itself {engine.capabilities.name!r}: name both alike.")
    return engine


@functools.cache
def capabilities(name: str) -> Capabilities:
    """What the engine of that name can do, looked up once a process. Raises as :func:`find` does."""
    return find(name).capabilities
