"""Makes what shows clips, until none of them was taken down while it was made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from render import errors
from render.experiments.view import View
from render.store import tombstones
from render.store.receipts import SERVED

if TYPE_CHECKING:
    from render.store.objects import ObjectStore

Made = TypeVar("Made")


def current(store: ObjectStore, gathered: Callable[[], View], made: Callable[[View], Made]) -> tuple[Made, View]:
    """What ``made`` makes of what ``gathered`` gives, and that; both again if a clip in it was taken down meanwhile.

    Whoever took it down may have looked for it before it was there.
    """
    while True:
        view = gathered()
        shown = pa.array({one.fingerprint for one in view.entries if one.end in SERVED or one.record}, pa.string())
        try:
            result = made(view)
        except errors.NotFound:  # one of its objects
            if tombstones.of(store, shown):
                continue
            raise
        if not tombstones.of(store, shown):
            return result, view
