"""The first step: which manifests a run takes."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import overload

import orjson

from render import errors
from render import manifest as manifests
from render.model import Batch, ManifestFile
from render.pipeline.ending import cancel
from render.pipeline.planning import outdated, pending_shards
from render.pipeline.step import roots
from render.settings import Settings
from render.store import batches, intakes, layout
from render.store.objects import ObjectStore, store_for_commits, store_of
from render.telemetry import context

log = logging.getLogger(__name__)


@overload
def intake(
    settings: Settings,
    *,
    manifest: str,
    passing: bool = False,
    run_key: str,
    now: datetime,
    limit: int | None = None,
    where: str | None = None,
) -> Batch: ...


@overload
def intake(
    settings: Settings, *, manifest: str | None = None, inbox: str | None = None, run_key: str, now: datetime
) -> Batch | None: ...


def intake(
    settings: Settings,
    *,
    manifest: str | None = None,
    passing: bool = False,
    inbox: str | None = None,
    run_key: str,
    now: datetime,
    limit: int | None = None,
    where: str | None = None,
) -> Batch | None:
    """Record which manifests a run takes, once; every later step and every retry reads that record.

    ``manifest`` (a Parquet file or folder, a brief or a CSV) by-passes the inbox, and an unfinished batch of the
    same content is resumed, unless what it planned cannot be made by this program any more: then it is cancelled, and a
    new one begun. ``passing`` says that a brief or CSV will be gone after the run, so that nobody is sent to
    it. Without a manifest, the batch is what lies in ``inbox`` (default ``<store>/inbox``) and no other batch took,
    however many runs take at once; a file there that cannot be read is recorded as refused. None if that is nothing:
    then nothing is recorded either. The same run key gives the same batch: of an inbox whatever lies there by now, of
    a manifest while its bytes are the same.
    Raises :class:`render.errors.InputError` for a manifest or a filter that cannot be used, and for a store on which
    two runs at once could overwrite each other's clips, unless the settings say that there is one writer only.
    """
    store = store_for_commits(settings)
    if manifest is None:
        return _from_inbox(settings, store, inbox or store.uri(layout.INBOX), run_key=run_key, now=now)
    given = manifests.find(manifest, roots=roots(settings, store), most_rows=settings.manifest_rows)
    files, converted = list(given.files), given.converted
    if where is not None:
        with given.readable() as readable:
            any(judged.count for judged in manifests.rows(readable, limit=1, where=where))
    content = _content(files, limit=limit, where=where)
    batch = batches.newest_unfinished(store, content)
    if batch:
        summary = batches.plan_summary(store, batch.id)
        own = converted is not None and batch.manifests[0].url == store.uri(layout.manifest(batch.id))
        if summary is None and not own and batch.manifests != tuple(files):
            batch = None  # it would be planned from files elsewhere, which may be gone
        elif summary and outdated(summary) and pending_shards(settings, batch.id):
            cancel(settings, batch.id, now=now)
            batch = None
    if batch is None:
        identity = _identity(run_key, content)
        draft = ""
        if converted is not None:
            draft = "" if passing else files[0].url
            files = [replace(files[0], url=store.uri(layout.manifest(identity)))]
        batch = Batch(
            id=identity,
            run_key=run_key,
            content=content,
            manifests=tuple(files),
            draft=draft,
            limit=limit,
            where=where,
            created_at=now.isoformat(),
        )
        batches.create(store, batch)
        batch = batches.load(store, identity)
    if converted is not None:  # after the record, so that whoever resumes the batch puts it there if we die before
        store.put_if_absent(layout.manifest(batch.id), converted)
    with context.bound(batch=batch.id):
        log.info("Taken in: %d manifests, %d refused", len(batch.manifests), len(batch.refused))
    return batch


def _from_inbox(settings: Settings, store: ObjectStore, inbox: str, *, run_key: str, now: datetime) -> Batch | None:
    """Take what lies in the inbox and nobody took; look again as long as another run takes at the same moment."""
    while True:
        known = intakes.settle(store)
        if taken := known.batch_of(run_key):
            return _taken(store, run_key, taken)
        files, refused = manifests.take(
            inbox, taken=known.files, roots=roots(settings, store), most_rows=settings.manifest_rows
        )
        if not files and not refused:
            return None
        content = _content(files, limit=None, where=None)
        identity = _identity(run_key, content)
        if identity in known.batches:  # of another run, whose key differs in what an id leaves out
            identity = _identity(f"{hashlib.sha256(run_key.encode()).hexdigest()[:16]}-{run_key}", content)
        batch = Batch(
            id=identity,
            run_key=run_key,
            content=content,
            manifests=tuple(files),
            refused=tuple(refused),
            inbox=True,
            limit=None,
            where=None,
            created_at=now.isoformat(),
        )
        if intakes.append(store, known, batch):
            return batch


def _taken(store: ObjectStore, run_key: str, batch_id: str) -> Batch:
    try:
        return batches.load(store, batch_id)
    except errors.NotFound as error:
        raise errors.NotFound(
            f"The run {run_key!r} took batch {batch_id}, whose folder was deleted from {store.url}. Restore it, or put "
            "its manifests into the inbox under another name, since they count as taken, and start a new run."
        ) from error


def watch(settings: Settings, *, inbox: str | None = None) -> Callable[[], list[ManifestFile]]:
    """Look at an inbox (default ``<store>/inbox``); each call gives what is new there since, and no batch took.

    A call writes nothing. It raises :class:`render.errors.NightreelError` while the inbox or the store cannot be had.
    """
    store = store_of(settings)
    looking = manifests.Watch(inbox or store.uri(layout.INBOX), roots(settings, store))
    return lambda: looking.look(lambda: intakes.load(store).files)


def _content(files: Sequence[ManifestFile], *, limit: int | None, where: str | None) -> str:
    """Hash what a batch is about: its manifests' bytes, in order, and which of their rows are wanted."""
    return hashlib.sha256(orjson.dumps([[file.sha256 for file in files], limit, where])).hexdigest()


def _identity(run_key: str, content: str) -> str:
    """The id of the batch of this content that a run takes."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', run_key).strip('-')[:120]}-{content[:12]}"
