"""``nightreel cancel``: end a batch for good."""

from __future__ import annotations

from datetime import UTC, datetime

from render.cli import options, output, summary


def command(batch: options.BatchId, store: options.Store = None, as_json: options.Json = False) -> None:
    """End a batch for good.

    A run at work drains, rows without an end fail with that reason, what was made is published.

    Examples:
      nightreel cancel run-20261122T110000123-0123456789ab
    """
    from render import pipeline
    from render.cli import lookup

    settings = options.settings(store=store)
    batch = lookup.batch(settings.store, batch)
    pipeline.cancel(settings, batch, now=datetime.now(UTC))
    status = pipeline.status(settings, batch)
    if as_json:
        output.document(status.as_json())
    else:
        summary.show(status)
