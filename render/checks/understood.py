"""How much of the prompt the engine understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from render.checks.contract import FigureSpec, StreamCheck
from render.model import Figure, Finish

if TYPE_CHECKING:
    import torch


class Understood(StreamCheck):
    """Takes down what the engine says of the prompt's words; it does not look at the picture."""

    name = "understood"
    title = "A prompt that the engine did not understand"
    figures = (
        FigureSpec(
            name="share",
            unit="1",
            description="Share of the prompt's content words that are shown, where one that something near it stands "
            "for counts half; 1 where the engine does not say, and for a scene given as data.",
        ),
        FigureSpec(
            name="stand_in", unit="1", description="1 if the scene only stands in for what the prompt asks for, else 0."
        ),
    )

    def see(self, chunk: torch.Tensor, first_frame: int) -> None:
        """See :meth:`render.checks.contract.StreamCheck.see`; nothing to look at."""

    def measure(self, finish: Finish) -> list[Figure]:
        """Give what the engine says of itself."""
        said = finish.understanding
        return [
            self.figure("share", said.share if said else 1.0),
            self.figure("stand_in", said.fallback if said else False),
        ]
