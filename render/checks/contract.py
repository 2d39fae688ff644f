"""What a check is: it measures footage as it streams by, or the finished file, and gives figures with units.

A check never judges: figures belong to the clip, and :func:`render.checks.policy.judge` gives the verdict of a
policy from them, so that a later row under another policy needs no new rendering.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from render.model import Figure, Finish, Job

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSpec:
    """A figure that a check gives."""

    name: str
    unit: str
    description: str


class Check(ABC):
    """Measures one quality of a clip. One module a check."""

    name: ClassVar[str]
    title: ClassVar[str]
    """What it looks for, in plain language."""
    figures: ClassVar[tuple[FigureSpec, ...]]

    def figure(self, name: str, value: float) -> Figure:
        """One of this check's declared figures with its value."""
        spec = next(spec for spec in self.figures if spec.name == name)
        return Figure(check=self.name, name=name, value=float(value), unit=spec.unit)


class StreamCheck(Check):
    """Sees each chunk of frames once, while it is being encoded. A new object for each job."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @abstractmethod
    def see(self, chunk: torch.Tensor, first_frame: int) -> None:
        """Look at a chunk: uint8 ``[n, height, width, 3]`` RGB on the worker's device; not to be changed."""

    @abstractmethod
    def measure(self, finish: Finish) -> list[Figure]:
        """Give the figures after the last chunk; every declared figure exactly once."""


class FileCheck(Check):
    """Sees the finished file."""

    @abstractmethod
    def measure(self, file: Path, job: Job) -> list[Figure]:
        """Give the figures of a muxed MP4; every declared figure exactly once.

        A file that cannot be decoded gives figures that say so, not an exception.
        """
