"""The trigger that sees what arrives in the inbox, for DAGs that start when something does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from render.settings import load

if TYPE_CHECKING:
    from render.model import ManifestFile

POLL_SECONDS = 5.0
"""A file is told after two listings that agree: at most three times this after it is whole."""


class InboxTrigger(BaseEventTrigger):
    """Fires once for each manifest that arrives in an inbox, and for each content that it comes to have.

    The inbox is looked at in a thread, never in the triggerer's event loop. Storage that is away is waited for. A
    triggerer that starts, or a DAG that is unpaused, looks anew: what lies there and no batch took is told again.

    The event's payload has ``url``, ``sha256`` and ``bytes``.
    """

    def __init__(self, *, inbox: str | None = None) -> None:
        """``inbox``: where manifests arrive; ``<store>/inbox`` of the triggerer's own settings without one."""
        super().__init__()
        self.inbox = inbox

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The trigger as Airflow stores it; nothing of it is secret."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"inbox": self.inbox}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """See :class:`BaseEventTrigger`. It never ends by itself."""
        look: Callable[[], list[ManifestFile]] | None = None
        away = False
        while True:
            try:
                look = look or await asyncio.to_thread(self._watch)
                arrived = await asyncio.to_thread(look)
            except Exception as error:  # noqa: BLE001 - a watcher that ends is started again at once, and so is its error
                if not away:
                    self.log.warning("The inbox cannot be looked at: %s It is tried again until it can.", error)
                away, arrived = True, []
            else:
                if away:
                    self.log.info("The inbox can be looked at again.")
                away = False
            for file in arrived:
                self.log.info("%s has arrived", file.url)
                yield TriggerEvent({"url": file.url, "sha256": file.sha256, "bytes": file.bytes})
            await asyncio.sleep(POLL_SECONDS)

    def _watch(self) -> Callable[[], list[ManifestFile]]:
        from render import pipeline

        return pipeline.watch(load(), inbox=self.inbox)
