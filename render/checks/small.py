"""A small luma picture of each frame, made once for all checks that look at a chunk."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

SIDE = 90
"""Shorter side of the small picture; frames that are smaller keep their size."""


@functools.lru_cache(maxsize=1)  # the checks of a chunk follow one another, each with the same tensor object
def small_luma(chunk: torch.Tensor) -> torch.Tensor:
    """BT.709 luma, float32 ``[n, h, w]`` from 0 to 255, of uint8 ``[n, height, width, 3]`` RGB, on its device.

    Each pixel is an average over the area that it stands for, so that nothing falls between the samples.
    """
    import torch

    height, width = chunk.shape[1:3]
    scale = min(1.0, SIDE / min(height, width))
    size = (round(height * scale), round(width * scale))
    planes = chunk.permute(0, 3, 1, 2)
    if chunk.device.type != "cpu":  # only the CPU shrinks bytes as they are
        planes = planes.float()
    small = torch.nn.functional.interpolate(planes, size=size, mode="bilinear", antialias=True).float()
    return 0.2126 * small[:, 0] + 0.7152 * small[:, 1] + 0.0722 * small[:, 2]
