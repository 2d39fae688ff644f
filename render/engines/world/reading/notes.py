"""Keeps what became of each phrase while a prompt is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from render.engines.world.scene import Words

NEARLY = 0.5
"""What a phrase counts that something near it stands for, beside one that is shown as it is said."""


@dataclass(slots=True)
class Notes:
    """What became of each phrase. A phrase that was understood once is not told as ignored elsewhere."""

    _understood: dict[str, None] = field(default_factory=dict)
    _approximated: dict[str, str] = field(default_factory=dict)
    _translated: set[str] = field(default_factory=set)
    _ignored: dict[str, None] = field(default_factory=dict)
    _elsewhere: dict[str, str] = field(default_factory=dict)

    def understood(self, text: str, near: str = "", *, translated: bool = False) -> None:
        """It is seen or heard, or ``near`` is instead; ``translated`` if that is only the English of it."""
        if not near:
            self._understood[text] = None
        elif text not in self._approximated:
            self._approximated[text] = near
            self._translated |= {text} if translated else set()

    def ignored(self, text: str) -> None:
        """Nothing is seen or heard of it."""
        self._ignored[text] = None

    def elsewhere(self, text: str, how: str) -> None:
        """It is no matter of the prompt; ``how`` says how to ask for it."""
        self._elsewhere[text] = how

    @property
    def found(self) -> float:
        """Share of the phrases of which anything is seen or heard, but for those that are no matter of the prompt."""
        kept, lost = {*self._understood, *self._approximated}, self._ignored.keys()
        return len(kept) / len(kept | lost) if kept else 0.0

    def words(self) -> Words:
        """The three lists, in order of first appearance, no phrase in two of them, and the share."""
        near = {text: by for text, by in self._approximated.items() if text not in self._understood}
        ignored = [text for text in self._ignored if text not in self._understood and text not in near]
        whole = len(self._understood) + len(self._translated & near.keys())
        shown = whole + NEARLY * (len(near) - len(self._translated & near.keys()))
        many = len(self._understood) + len(near) + len(ignored) + len(self._elsewhere)
        return Words(
            understood=tuple(self._understood),
            approximated=tuple(f"{text} → {by}" for text, by in near.items()),
            ignored=(*ignored, *(f"{text} → {how}" for text, how in self._elsewhere.items())),
            share=shown / many if many else 0.0,
        )
