"""Which clip somebody means: by its fingerprint or how that begins, a URI or path inside a store, or any file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from render import errors
from render.store import catalog, layout, tombstones
from render.store.objects import ObjectStore, open_store

SHORTEST = 6
"""Hex digits of a fingerprint that are taken for one."""
NAMED = 5
"""Clips that are named where several fit."""
_FINGERPRINT = re.compile(rf"[0-9a-f]{{{SHORTEST},64}}")
_IN_STORE = re.compile(r"(?P<root>.+)/(?P<path>clips/[0-9a-f]{2}/(?P<fingerprint>[0-9a-f]{64})(/.*)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A clip that somebody named. Nothing says that it is there."""

    store: ObjectStore
    fingerprint: str
    path: str = ""
    """The very object that was named, relative to the store; empty when another file or the clip as such was named."""


def named(text: str, *, store_url: str, store_given: bool, single_writer: bool = False) -> Named:
    """The clip that ``text`` names.

    A path or URI inside a store leads to that store, unless one was given; a fingerprint and a file from anywhere
    are looked up in ``store_url``. ``single_writer`` is as :func:`render.store.objects.open_store` takes it.
    Raises :class:`render.errors.NotFound` with what was looked for and where, :class:`render.errors.Ambiguous` with
    the fingerprints that begin so.
    """
    opened = partial(open_store, single_writer=single_writer)
    return _named(text, store_url, opened, follow=not store_given)


def of_one_store(
    texts: Iterable[str], *, store_url: str, store_given: bool, single_writer: bool = False
) -> tuple[ObjectStore, list[str]]:
    """The fingerprints of the clips that ``texts`` name, as :func:`named` reads them, and the one store they are in.

    Where a store was given, or nothing is named, that is ``store_url``. Raises :class:`render.errors.InputError` for
    a path or URI inside another one: who cannot undo what is done to a clip does it to none but the one that is named.
    """
    opened = cache(partial(open_store, single_writer=single_writer))
    found = [_named(text, store_url, opened, follow=True) for text in texts]
    given = [opened(store_url)] if store_given or not found else []
    stores = {_place(store): store for store in (*(one.store for one in found), *given)}
    if len(stores) > 1:
        raise errors.InputError(
            f"These clips are in {len(stores)} stores, {', '.join(stores)}: name those of one, and no other store."
        )
    return next(iter(stores.values())), [one.fingerprint for one in found]


def _named(text: str, store_url: str, opened: Callable[[str], ObjectStore], *, follow: bool) -> Named:
    """As :func:`named`; ``follow`` says whether a path or URI leads to the store that it is in."""
    if _FINGERPRINT.fullmatch(text):
        store = opened(store_url)
        return Named(store=store, fingerprint=_whole(store, text))
    local = _local(text)
    name = str(local.resolve()) if local else text
    if inside := _IN_STORE.fullmatch(name):
        store = opened(inside["root"] if follow else store_url)
        path = inside["path"].rstrip("/")
        of_clip = path.endswith((inside["fingerprint"], "/clip.json"))
        return Named(store=store, fingerprint=inside["fingerprint"], path="" if of_clip else path)
    if local is None:
        raise errors.InputError(f"{text!r} is no fingerprint, no file and no URI of a clip in a store.")
    if not local.is_file():
        raise errors.NotFound(
            f"There is no file {text}: give a clip's fingerprint (at least {SHORTEST} of its digits), URI or file."
        )
    store = opened(store_url)
    return Named(store=store, fingerprint=_by_content(local, store))


def _place(store: ObjectStore) -> str:
    """What two ways to name the same store have in common."""
    local = _local(store.url)
    return str(local.resolve()) if local else store.url


def _local(text: str) -> Path | None:
    """The local path that the text is; None for an address elsewhere."""
    if text.startswith("file://"):
        return Path(unquote(urlsplit(text).path))
    return None if "://" in text else Path(text)


def _whole(store: ObjectStore, beginning: str) -> str:
    """The fingerprint of the one clip that begins so, be it that it was taken down."""
    if len(beginning) == 64:
        return beginning
    known = {*store.folders(f"{layout.CLIPS}/{beginning[: layout.PREFIX]}"), *tombstones.known(store).to_pylist()}
    found = [name for name in known if name.startswith(beginning)]
    if not found:
        raise errors.NotFound(
            f"No clip in {store.url} begins with {beginning}: give its fingerprint as it is, or another --store."
        )
    if len(found) > 1:
        named = ", ".join(sorted(found)[:NAMED])
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise errors.Ambiguous(
            f"{len(found)} clips in {store.url} begin with {beginning}: {named}{more}. Give more of the fingerprint."
        )
    return found[0]


def _by_content(file: Path, store: ObjectStore) -> str:
    with file.open("rb") as data:
        digest = hashlib.file_digest(data, "sha256").hexdigest()
    fingerprint = catalog.find_clip(store, digest)
    if fingerprint is None:
        raise errors.NotFound(
            f"No published clip in {store.url} has the content of {file} (sha256 {digest}): it was not made there, "
            "or was changed since. If it belongs to another store, name that with --store."
        )
    return fingerprint
