"""How a batch is ended before its time."""

from __future__ import annotations

from datetime import datetime

import orjson

from render import errors
from render.pipeline.planning import plan
from render.pipeline.publishing import publish, report
from render.planning.settlement import give_up
from render.settings import Settings
from render.store import batches, layout
from render.store.objects import store_of


def cancel(settings: Settings, batch_id: str, *, now: datetime) -> bool:
    """End the batch: its running process drains, what was made counts, other rows fail.

    False if it is over already, and stays as it is.
    """
    store = store_of(settings)
    batches.load(store, batch_id)
    if store.exists(layout.finished(batch_id)):
        return False
    ended_here = store.put_if_absent(layout.cancelled(batch_id), orjson.dumps({"cancelled_at": now.isoformat()}))
    try:
        shards = plan(settings, batch_id, now=now).shards
    except errors.InputError:
        return ended_here  # never planned, and its manifest is not there any more as it was: no row has to end
    for shard in shards:
        give_up(store, batch_id, shard, now=now)
    publish(settings, batch_id)
    report(settings, batch_id, now=now)
    return ended_here
