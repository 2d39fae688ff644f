"""What somebody means: a clip by a fingerprint (or its beginning), a URI or any file, a batch by a part of its id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from render import errors

if TYPE_CHECKING:
    from render.model import ClipRecord
    from render.store.naming import Named
    from render.store.objects import ObjectStore

SHORTEST = 6
"""Characters of a batch's id that are taken for one."""
SHOWN = 5
"""Batches that are named when none or several fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A clip that is there, and how it was named."""

    named: Named
    record: ClipRecord

    @property
    def store(self) -> ObjectStore:
        """The store that holds its record."""
        return self.named.store


def find(text: str, *, store_url: str, store_given: bool) -> Found:
    """The clip that ``text`` names, as :func:`render.store.naming.named` reads it.

    Raises :class:`render.errors.NotFound` if it is not there, which is :class:`render.errors.Withdrawn` if it was taken
    down.
    """
    from render.store import clips
    from render.store.naming import named

    found = named(text, store_url=store_url, store_given=store_given)
    return Found(named=found, record=clips.get(found.store, found.fingerprint))


def batch(store_url: str, text: str) -> str:
    """The id of the batch that ``text`` is, or how its id begins or ends.

    Raises :class:`render.errors.Ambiguous` with the ids that fit if several do or too little of one is given,
    :class:`render.errors.NotFound` with the last ones if none does; the newest first.
    """
    from render.store import batches
    from render.store.objects import open_store

    store = open_store(store_url)
    known = batches.list_ids(store)
    if text in known:
        return text
    found = {one for one in known if one.startswith(text) or one.endswith(text)}
    if len(found) == 1 and len(text) >= SHORTEST:
        return found.pop()
    newest = [one.id for one in batches.newest(store)]
    if found:
        fitting = [one for one in newest if one in found]
        more = f" and {len(fitting) - SHOWN} older" if len(fitting) > SHOWN else ""
        fit = "1 batch begins or ends" if len(found) == 1 else f"{len(found)} batches begin or end"
        least = f", at least {SHORTEST} characters" if len(text) < SHORTEST else ""
        alike = "" if len(found) == 1 else ": batches of the same content end alike"
        raise errors.Ambiguous(
            f"{fit} with {text!r}: {', '.join(fitting[:SHOWN])}{more}. "
            f"Give its whole id, or more of how that begins{least}{alike}."
        )
    shown = ", ".join(newest[:SHOWN]) or "none"
    raise errors.NotFound(f"There is no batch {text!r} in {store.url}. The last ones: {shown}.")
