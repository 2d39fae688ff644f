"""The CSV that goes with exported and bundled clips, safe to open in a spreadsheet: one row a manifest row.

It is UTF-8 and begins with the byte order mark by which Excel knows that.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from render.experiments.view import Entry, View

COLUMNS = (
    *("batch", "row", "experiment", "variant", "prompt", "end", "reason", "file", "fingerprint"),
    *("seconds", "width", "height", "fps", "seed", "engine", "engine_revision", "simulated", "stand_in", "understood"),
    *("render_seconds", "cpu_seconds", "cost_usd"),
)
"""Seconds and US dollars; ``understood`` is a share from 0 to 1; ``file`` is empty for a row without a clip here.

A column for each tag follows, ``tags.season``, empty for a row without it.
"""

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "|", "%")


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula: an apostrophe before what could start one."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text


def write(view: View, *, file: Callable[[Entry], str]) -> bytes:
    """The CSV, malformed rows last. ``file`` gives each row's clip as a relative path, or an empty text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    tags = sorted({tag for entry in view.entries for tag in entry.row.tags})
    writer.writerow([*COLUMNS, *(f"tags.{tag}" for tag in tags)])
    lines = [[*_cells(entry, file(entry)), *(entry.row.tags.get(tag, "") for tag in tags)] for entry in view.entries]
    for one in view.malformed:
        said = [one.batch, one.row, one.experiment, one.variant, "", str(one.end), one.reason]
        lines.append([*said, *[""] * (len(COLUMNS) + len(tags) - len(said))])
    for line in lines:
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in line])
    return out.getvalue().encode("utf-8-sig", "replace")


def _cells(entry: Entry, file: str) -> list[object]:
    row, record = entry.row, entry.record
    asked = [entry.batch, row.row, row.experiment, row.variant, row.prompt]
    ended = [str(entry.end or "unfinished"), entry.reason, file, entry.fingerprint]
    if record is None:
        size = [row.duration_ms / 1000, row.width, row.height, row.fps, row.seed]
        return [*asked, *ended, *size, row.engine, *[""] * 7]
    job, seen = record.job, record.understanding
    return [
        *(*asked, *ended, round(job.seconds, 3), job.width, job.height, job.fps, job.seed),
        *(job.engine, job.engine_revision, str(record.engine_simulated).lower()),
        *(str(seen.fallback).lower() if seen else "", round(seen.share, 3) if seen else ""),
        *(round(record.render_seconds, 3), round(record.cpu_seconds, 3), record.cost_usd),
    ]
