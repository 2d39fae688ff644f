"""Checks by name: the built-in ones as import paths, others through the entry-point group ``nightreel.checks``.

Importing this module is cheap: torch and PyAV are imported when a check looks at something.
"""

from __future__ import annotations

import functools
import importlib
from importlib import metadata

from render import errors
from render.checks.contract import Check, FigureSpec, FileCheck, StreamCheck

GROUP = "nightreel.checks"

BUILT_IN: tuple[str, ...] = (
    "render.checks.black:Black",
    "render.checks.frozen:Frozen",
    "render.checks.clipping:Clipping",
    "render.checks.footage:FootageLength",
    "render.checks.understood:Understood",
    "render.checks.decodes:Decodes",
    "render.checks.shape:Shape",
    "render.checks.sync:Sync",
    "render.checks.loudness:Loudness",
)


def stream_checks() -> list[type[StreamCheck]]:
    """The checks that watch the frames stream by; make one object of each for a job."""
    return [check for check in _checks() if issubclass(check, StreamCheck)]


def file_checks() -> list[type[FileCheck]]:
    """The checks that look at the finished file."""
    return [check for check in _checks() if issubclass(check, FileCheck)]


def figure_specs() -> dict[tuple[str, str], FigureSpec]:
    """Every figure that is measured, by the names of its check and of itself."""
    return {(check.name, spec.name): spec for check in _checks() for spec in check.figures}


@functools.cache
def _checks() -> tuple[type[Check], ...]:
    paths = [*BUILT_IN, *(point.value for point in metadata.entry_points(group=GROUP))]
    checks = tuple(_load(path) for path in paths)
    names = [check.name for check in checks]
    if twice := {name for name in names if names.count(name) > 1}:
        raise errors.SettingsError(f"Two checks are named {', '.join(sorted(twice))}: rename or uninstall one.")
    return checks


def _load(path: str) -> type[Check]:
    module, _, attribute = path.partition(":")
    try:
        check = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise errors.SettingsError(f"The check {path} cannot be loaded: {error}. Mend or uninstall it.") from error
    if not (isinstance(check, type) and issubclass(check, StreamCheck | FileCheck)):
        raise errors.SettingsError(f"The check {path} is neither a StreamCheck nor a FileCheck.")
    return check
