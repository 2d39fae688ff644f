"""What somebody means: a clip by a fingerprint (or its beginning), a URI or any file, a batch by a part of its id."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from render import errors

if TYPE_CHECKING:
    from render.model import ClipRecord
    from render.store.objects import ObjectStore

SHORTEST = 6
"""Hex digits of a fingerprint, or characters of a batch's id, that are taken for one."""
SHOWN = 5
"""Batches that are named when none or several fit."""
_FINGERPRINT = re.compile(rf"[0-9a-f]{{{SHORTEST},64}}")
_IN_STORE = re.compile(r"(?P<root>.+)/(?P<path>clips/[0-9a-f]{2}/(?P<fingerprint>[0-9a-f]{64})(/.*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A clip, the store that holds its record, and the very object or file that was named, if one was."""

    store: ObjectStore
    record: ClipRecord
    path: str = ""
    """The named object, relative to the store; empty when another file or the clip as such was named."""


def find(text: str, *, store_url: str, store_given: bool) -> Found:
    """The clip that ``text`` names.

    A path or URI inside a store leads to that store, unless one was given; a fingerprint and a file from anywhere
    are looked up in ``store_url``. Raises :class:`render.errors.NotFound` with what was looked for and where.
    """
    from render.store import clips
    from render.store.objects import open_store

    if _FINGERPRINT.fullmatch(text):
        store = open_store(store_url)
        return Found(store=store, record=clips.get(store, _whole(store, text)))
    local = _local(text)
    name = str(local.absolute()) if local else text
    if inside := _IN_STORE.fullmatch(name):
        store = open_store(store_url if store_given else inside["root"])
        path = inside["path"].rstrip("/")
        named = path if not path.endswith((inside["fingerprint"], "/clip.json")) else ""
        return Found(store=store, record=clips.get(store, inside["fingerprint"]), path=named)
    if local is None:
        raise errors.InputError(f"{text!r} is no fingerprint, no file and no URI of a clip in a store.")
    if not local.is_file():
        raise errors.NotFound(
            f"There is no file {text}: give a clip's fingerprint (at least {SHORTEST} of its digits), URI or file."
        )
    return _by_content(local, open_store(store_url))


def batch(store_url: str, text: str) -> str:
    """The id of the batch that ``text`` is, or how its id begins or ends.

    Raises :class:`render.errors.NotFound` with the ids that fit if it is not one, else with the last ones, newest
    first.
    """
    from render.store import batches
    from render.store.objects import open_store

    store = open_store(store_url)
    known = batches.list_ids(store)
    if text in known:
        return text
    found = {one for one in known if one.startswith(text) or one.endswith(text)}
    if len(found) == 1 and len(text) >= SHORTEST:
        return found.pop()
    newest = [one.id for one in batches.newest(store)]
    if found:
        fit = "1 batch begins or ends" if len(found) == 1 else f"{len(found)} batches begin or end"
        shown = ", ".join([one for one in newest if one in found][:SHOWN])
        least = f", at least {SHORTEST} characters" if len(text) < SHORTEST else ""
        raise errors.NotFound(f"{fit} with {text!r}: {shown}. Give more of it{least}.")
    shown = ", ".join(newest[:SHOWN]) or "none"
    raise errors.NotFound(f"There is no batch {text!r} in {store.url}. The last ones: {shown}.")


def _local(text: str) -> Path | None:
    """The local path that the text is; None for an address elsewhere."""
    if text.startswith("file://"):
        return Path(unquote(urlsplit(text).path))
    return None if "://" in text else Path(text)


def _whole(store: ObjectStore, beginning: str) -> str:
    """The fingerprint of the one clip that begins so."""
    if len(beginning) == 64:
        return beginning
    found = [name for name in store.folders(f"clips/{beginning[:2]}") if name.startswith(beginning)]
    if len(found) != 1:
        what = f"{len(found)} clips in {store.url} begin" if found else f"No clip in {store.url} begins"
        raise errors.NotFound(f"{what} with {beginning}: give more of its fingerprint, or another --store.")
    return found[0]


def _by_content(file: Path, store: ObjectStore) -> Found:
    from render.store import catalog, clips

    with file.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    fingerprint = catalog.find_clip(store, digest)
    if fingerprint is None:
        raise errors.NotFound(
            f"No published clip in {store.url} has the content of {file} (sha256 {digest}): it was not made there, "
            "or was changed since. If it belongs to another store, name that with --store."
        )
    return Found(store=store, record=clips.get(store, fingerprint))
