"""What a probe of ``nightreel doctor`` finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Health(StrEnum):
    """How one thing is."""

    OK = "ok"
    WARNING = "warning"
    """Something is less than it could be; clips can be made all the same."""
    MISSING = "missing"
    """No clip can be made before this is mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one probe found."""

    name: str
    health: Health
    found: str
    fix: str = ""
    """What to do about it; empty when all is well."""


def nearest(path: Path) -> Path:
    """The path itself, or the nearest parent that exists."""
    path = path.absolute()
    return next(candidate for candidate in (path, *path.parents) if candidate.exists())
