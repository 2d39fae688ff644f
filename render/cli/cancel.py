"""``nightreel cancel``: end a batch for good."""

from __future__ import annotations

from datetime import UTC, datetime

from render.cli import options, output, summary
from render.model import End


def command(batch: options.BatchId, store: options.Store = None, as_json: options.Json = False) -> None:
    """End a batch for good.

    A run at work finishes the clips it has begun and no others. What is made is published, every other row becomes
    failed with that reason.

    Examples:
      nightreel cancel run-20261122T110000123-0123456789ab
    """
    from render import pipeline
    from render.cli import lookup

    settings = options.settings(store=store)
    batch = lookup.batch(settings.store, batch)
    ended = pipeline.cancel(settings, batch, now=datetime.now(UTC))
    status = pipeline.status(settings, batch)
    if as_json:
        output.document(status.as_json())
    elif ended:
        summary.show(status)
    if not ended:
        output.note(f"nightreel: batch {batch} is over already, {status.state}; nothing has changed.")
    elif status.ends[End.FAILED]:
        output.note(
            "nightreel: a run that is at work on it still finishes the clips it has begun, which then are published: "
            f"nightreel status {batch}{options.elsewhere(settings.store)}"
        )
