"""``nightreel status``: where a batch stands."""

from __future__ import annotations

from render.cli import options, output, summary


def command(batch: options.BatchId, store: options.Store = None, as_json: options.Json = False) -> None:
    """Show where a batch stands.

    How every row ended, what waits and why, where the report is, and the next command to type.

    Examples:
      nightreel status run-20261122T110000-0123456789ab
      nightreel status run-20261122T110000-0123456789ab --json | jq .ends
    """
    from render import pipeline

    status = pipeline.status(options.settings(store=store), batch)
    if as_json:
        output.document(status.as_json())
    else:
        summary.show(status)
