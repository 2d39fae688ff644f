"""Keeps what became of each phrase while a prompt is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from render.engines.world.scene import Words


@dataclass(slots=True)
class Notes:
    """What became of each phrase. A phrase that was understood once is not told as ignored elsewhere."""

    _understood: dict[str, None] = field(default_factory=dict)
    _approximated: dict[str, str] = field(default_factory=dict)
    _ignored: dict[str, None] = field(default_factory=dict)

    def understood(self, text: str, near: str = "") -> None:
        """It is seen or heard, or ``near`` is instead."""
        if near:
            self._approximated.setdefault(text, near)
        else:
            self._understood[text] = None

    def ignored(self, text: str) -> None:
        """Nothing is seen or heard of it."""
        self._ignored[text] = None

    def words(self) -> Words:
        """The three lists, in order of first appearance, no phrase in two of them."""
        near = {text: by for text, by in self._approximated.items() if text not in self._understood}
        return Words(
            understood=tuple(self._understood),
            approximated=tuple(f"{text} → {by}" for text, by in near.items()),
            ignored=tuple(text for text in self._ignored if text not in self._understood and text not in near),
        )
