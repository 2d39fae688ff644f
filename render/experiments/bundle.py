"""Packs a report with its clips into one zip file that opens anywhere, to be mailed."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from render import errors
from render.experiments import page, sheet
from render.experiments.copying import corrupt, written_whole
from render.experiments.current import current
from render.experiments.view import Entry, View
from render.model import ClipRecord, End, StoredObject

if TYPE_CHECKING:
    from render.store.objects import ObjectStore

_DATE = (1980, 1, 1, 0, 0, 0)
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """What went into a bundle."""

    file: Path
    bytes: int
    clips: int
    withheld: int
    """Held clips that were left out: the page gives their reasons."""


def write(
    store: ObjectStore,
    gathered: Callable[[], View],
    out: Path,
    *,
    now: datetime,
    overwrite: bool = False,
    with_held: bool = False,
) -> tuple[Bundled, View]:
    """Write ``out``: ``index.html``, ``rows.csv`` and ``media/`` with the clips, posters and contact sheets.

    It shows what ``gathered`` gives, and is written again if a clip in it was taken down meanwhile; the view that is
    shown is given, too.
    The same view, clips and ``now`` give the same bytes. Clips are streamed and checked against their recorded
    hashes. Held clips stay out unless ``with_held``: a bundle leaves the house. Raises
    :class:`render.errors.InputError` if the file is there and ``overwrite`` is false, or its folder is not.
    """
    if out.exists() and not overwrite:
        raise errors.InputError(f"{out} is there already. Name another file, or replace it with --overwrite.")
    if not out.parent.is_dir():
        raise errors.InputError(f"{out} cannot be written: there is no folder {out.parent}. Make it first.")
    with written_whole(out) as part:
        packed, view = current(store, gathered, lambda view: _pack(store, view, part, now=now, with_held=with_held))
    clips, withheld = packed
    return Bundled(file=out, bytes=out.stat().st_size, clips=clips, withheld=withheld), view


def _pack(store: ObjectStore, view: View, part: Path, *, now: datetime, with_held: bool) -> tuple[int, int]:
    """Write the file; say how many clips are in it, and how many held ones are not."""

    def packed(entry: Entry) -> bool:
        return entry.delivered or (with_held and entry.end is End.HELD and entry.watchable)

    records = {entry.fingerprint: entry.record for entry in view.entries if entry.record and packed(entry)}
    held = {entry.fingerprint for entry in view.entries if entry.watchable and entry.end is End.HELD} - records.keys()

    def link(record: ClipRecord, stored: StoredObject) -> str | None:
        return _name(record, stored) if record.job.fingerprint in records else None

    def file(entry: Entry) -> str:
        return _name(entry.record, entry.record.objects["clip"]) if entry.record and packed(entry) else ""

    with zipfile.ZipFile(part, "w") as archive:
        _add(archive, "index.html", page.render(view, link=link, now=now, mailed=True).encode())
        _add(archive, "rows.csv", sheet.write(view, file=file))
        for name, stored in sorted(_media(records)):
            _stream(store, stored, archive, name)
    return len(records), len(held)


def _media(records: dict[str, ClipRecord]) -> Iterator[tuple[str, StoredObject]]:
    for record in records.values():
        for role in ("clip", "poster", "sheet"):
            if role in record.objects:
                yield _name(record, record.objects[role]), record.objects[role]


def _name(record: ClipRecord, stored: StoredObject) -> str:
    """``media/<fingerprint>.mp4``, ``….poster.webp``: flat, and the same clip is packed once."""
    base = stored.path.rpartition("/")[2]
    return f"media/{record.job.fingerprint}.{'mp4' if base == 'clip.mp4' else base}"


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = compression
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), data)


def _stream(store: ObjectStore, stored: StoredObject, archive: zipfile.ZipFile, name: str) -> None:
    digest = hashlib.sha256()
    info = _entry(name, zipfile.ZIP_STORED)
    info.file_size = stored.bytes
    with store.open(stored.path) as source, archive.open(info, "w") as target:
        while piece := source.read(_PIECE):
            digest.update(piece)
            target.write(piece)
    if digest.hexdigest() != stored.sha256:
        raise corrupt(store, stored)
