"""Writes the report: one page for people and one JSON document for programs, side by side in the store.

The page links its clips by relative paths, so it works from a directory that is opened in a browser, from one that
was moved, and from a bucket that is browsed or served with its folders as they are (an object's own signed URL
shows the page without its clips: use a bundle there).
"""

from __future__ import annotations

import dataclasses
import json
import posixpath
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from render.experiments import names, page
from render.experiments.counts import sentence
from render.experiments.current import current
from render.experiments.view import Entry, View
from render.model import ClipRecord, StoredObject
from render.store import layout

if TYPE_CHECKING:
    from render.store.objects import ObjectStore


def of_experiment(experiment: str) -> str:
    """Where the page of an experiment is."""
    return f"{layout.REPORTS}/{names.alone(experiment)}/index.html"


def _beside(path: str) -> str:
    return f"{posixpath.dirname(path)}/report.json"


def write(store: ObjectStore, view: View, *, now: datetime) -> str:
    """Write the report of a batch or of an experiment, over an older one, and return the page's URI.

    ``now``: when the page is made, with a time zone.
    """
    path = layout.report(view.title) if view.subject == "batch" else of_experiment(view.title)
    folder = posixpath.dirname(path)

    def link(_: ClipRecord, stored: StoredObject) -> str:
        return quote(posixpath.relpath(stored.path, folder))

    text = json.dumps(document(view, now=now), ensure_ascii=False, indent=1, default=_plain)
    store.put(_beside(path), text.encode("utf-8", "replace"))
    store.put(path, page.render(view, link=link, now=now).encode())
    return store.uri(path)


def write_current(store: ObjectStore, gathered: Callable[[], View], *, now: datetime) -> tuple[str, View]:
    """Like :func:`write`, of what ``gathered`` gives; again if a clip in it was taken down meanwhile.

    Gives the view that was written, too.
    """
    return current(store, gathered, lambda view: write(store, view, now=now))


def remove(store: ObjectStore, path: str) -> None:
    """Remove the report whose page is there: what it shows is gone, so that it cannot be made anew."""
    for one in (_beside(path), path):
        store.delete(one)


def document(view: View, *, now: datetime) -> dict[str, Any]:
    """The report as JSON can hold it. Paths of objects are relative to the store."""
    return {
        "title": view.title,
        "subject": view.subject,
        "made_at": now.astimezone(UTC).isoformat(),
        "sentence": sentence(view.counts),
        "rows": view.counts.rows,
        "ends": {str(end): number for end, number in view.counts.ends.items()},
        "unfinished": view.counts.unfinished,
        "made": view.counts.made,
        "left_out": view.left_out.rows if view.left_out else 0,
        "batches": [dataclasses.asdict(batch) for batch in view.batches],
        "clips": [_clip(entry) for entry in view.entries],
        "problems": [dataclasses.asdict(problem) for problem in view.problems],
    }


def _clip(entry: Entry) -> dict[str, Any]:
    row, record = entry.row, entry.record
    return {
        "batch": entry.batch,
        "row": row.row,
        "experiment": row.experiment,
        "variant": row.variant,
        "prompt": row.prompt,
        "end": entry.end,
        "reason": entry.reason,
        "reason_kind": entry.kind,
        "fix": entry.fix,
        "fingerprint": entry.fingerprint,
        "path": record.objects["clip"].path if record and entry.watchable else None,
        "seconds": record.job.seconds if record else None,
        "render_seconds": record.render_seconds if record else None,
        "cpu_seconds": record.cpu_seconds if record else None,
        "cost_usd": record.cost_usd if record else None,
        "simulated": record.engine_simulated if record else None,
        "understanding": dataclasses.asdict(record.understanding) if record and record.understanding else None,
        "figures": [dataclasses.asdict(figure) for figure in record.figures] if record else [],
    }


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
