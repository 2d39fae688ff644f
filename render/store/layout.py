"""Where everything is kept: every path of the store, relative to it, in this one place.

::

    inbox/                                       manifests dropped by teams
    intakes/<thousands>/<n>.json                 the n-th batch that was taken from an inbox
    intakes/<thousands>/<n>.recorded.json        the mark that this batch's own record was put
    intakes/<thousands>/<n>.<batches>.known.json what so many batches took, up to that one
    batches/<batch>/intake.json                  which manifests it took
    batches/<batch>/plan.json                    names the plan attempt that counts, and sums it up
    batches/<batch>/plan/<attempt>.parquet       what the plan does with each valid row
    batches/<batch>/quarantine/<attempt>.parquet the faults of the rows that never became jobs
    batches/<batch>/receipts/<shard>/<attempt>.parquet    how each row ended
    batches/<batch>/reviews/<number>.json        what a person decided on held rows, in the order of decisions
    batches/<batch>/receipts/review/<number>.parquet      how these rows ended by it
    batches/<batch>/report/                      the page for people
    batches/<batch>/manifest.parquet             what a brief or a CSV was expanded to
    batches/<batch>/cancelled.json               the batch was given up by a person
    batches/<batch>/finished.json                the batch is published; its summary
    clips/<2 hex>/<fingerprint>/clip.json        makes the clip exist; names its attempt
    clips/<2 hex>/<fingerprint>/<attempt>/       clip.mp4, poster.webp, sheet.webp, captions.vtt
    clips/withdrawn/<fingerprint>.json           the clip was taken down: by whom, when, why; it is never made again
    catalog/<table>/                             Delta tables
    reports/<experiment>/                        the page of an experiment over all batches
    registry/                                    cameos, consent, spend ledger, audit
    probes/                                      what the store is tried with; gone at once
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from render import errors

INBOX = "inbox"
INTAKES = "intakes"
BATCHES = "batches"
CLIPS = "clips"
TOMBSTONES = f"{CLIPS}/withdrawn"
"""In one folder, so that one listing tells all of them."""
PREFIX = 2
"""Digits of a fingerprint that name the folder which its clip's folder is in."""
CATALOG = "catalog"
REPORTS = "reports"
PROBES = "probes"
FOLDERS = (INTAKES, BATCHES, CLIPS, CATALOG, REPORTS, PROBES)
"""Those in which only Nightreel writes."""

LONGEST_BATCH = 160
"""Characters of a batch's id."""

ROLES: Mapping[str, str] = {
    "clip": "clip.mp4",
    "poster": "poster.webp",
    "sheet": "sheet.webp",
    "captions": "captions.vtt",
}
"""File name in a clip's attempt by the role of the object."""

_MEDIA_TYPES: Mapping[str, str] = {
    "mp4": "video/mp4",
    "webp": "image/webp",
    "vtt": "text/vtt",
    "json": "application/json",
    "html": "text/html",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+=@-]*")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_INTAKE = re.compile(rf"{INTAKES}/\d{{7}}/(\d{{10}})\.json")
_REVIEW = re.compile(rf"{BATCHES}/[^/]+/reviews/(\d{{6,}})\.json")
_KNOWN = re.compile(rf"{INTAKES}/\d{{7}}/(\d{{10}})\.(\d{{10}})\.known\.json")


def media_type(path: str) -> str:
    """The media type of an object by its suffix."""
    return _MEDIA_TYPES.get(path.rpartition(".")[2], "application/octet-stream")


def name(text: str, what: str, *, longest: int = 200) -> str:
    """``text`` itself if it can be one name of a path, else :class:`render.errors.InputError`."""
    if not _NAME.fullmatch(text) or len(text) > longest:
        raise errors.InputError(
            f"{text!r} cannot name a {what}: use 1 to {longest} letters, digits and . _ : + = @ -, "
            "a letter or digit first."
        )
    return text


def intake_entry(number: int) -> str:
    """The record of the batch that was taken from an inbox as the ``number``-th one, counted from 1."""
    return f"{INTAKES}/{number // 1000:07d}/{number:010d}.json"


def intake_recorded(number: int) -> str:
    """The mark that the batch of this entry has got its own record."""
    return f"{INTAKES}/{number // 1000:07d}/{number:010d}.recorded.json"


def intake_checkpoint(number: int, many: int) -> str:
    """What the ``many`` batches took that were known when the log of intakes had so many entries."""
    return f"{INTAKES}/{number // 1000:07d}/{number:010d}.{many:010d}.known.json"


def intake_number(path: str) -> int | None:
    """The number of an entry of the log of intakes; None for any other object."""
    found = _INTAKE.fullmatch(path)
    return int(found[1]) if found else None


def intake_known(path: str) -> tuple[int, int] | None:
    """Of a checkpoint how many entries and how many batches it knows: the newest knows most. None for any other."""
    found = _KNOWN.fullmatch(path)
    return (int(found[1]), int(found[2])) if found else None


def batch(batch_id: str) -> str:
    """The batch's folder."""
    return f"{BATCHES}/{name(batch_id, 'batch', longest=LONGEST_BATCH)}"


def intake(batch_id: str) -> str:
    """The record of the manifests that the batch took."""
    return f"{batch(batch_id)}/intake.json"


def finished(batch_id: str) -> str:
    """The mark of a published batch."""
    return f"{batch(batch_id)}/finished.json"


def cancelled(batch_id: str) -> str:
    """The mark of a batch that a person gave up."""
    return f"{batch(batch_id)}/cancelled.json"


def manifest(batch_id: str) -> str:
    """The manifest that a brief or a CSV was expanded to."""
    return f"{batch(batch_id)}/manifest.parquet"


def plan_record(batch_id: str) -> str:
    """The record that names the plan attempt that counts."""
    return f"{batch(batch_id)}/plan.json"


def plan(batch_id: str, attempt: str) -> str:
    """One attempt's plan."""
    return f"{batch(batch_id)}/plan/{name(attempt, 'plan attempt')}.parquet"


def quarantine(batch_id: str, attempt: str) -> str:
    """The faults that belong to one attempt's plan."""
    return f"{batch(batch_id)}/quarantine/{name(attempt, 'plan attempt')}.parquet"


def receipts(batch_id: str, shard: int | None = None, attempt: str | None = None) -> str:
    """The file of one shard attempt; the shard's folder without an attempt. Shard None is the plan's own."""
    folder = f"{all_receipts(batch_id)}/{'plan' if shard is None else f'shard-{shard:04d}'}"
    return folder if attempt is None else f"{folder}/{name(attempt, 'shard attempt')}.parquet"


def all_receipts(batch_id: str) -> str:
    """The folder of all receipts of a batch."""
    return f"{batch(batch_id)}/receipts"


def reviews(batch_id: str) -> str:
    """The folder of what people decided on held rows of a batch."""
    return f"{batch(batch_id)}/reviews"


def review(batch_id: str, number: int) -> str:
    """The record of one decision; numbers count from 0 without a gap."""
    return f"{reviews(batch_id)}/{number:06d}.json"


def review_number(path: str) -> int | None:
    """The number of the record of a decision; None for any other object."""
    found = _REVIEW.fullmatch(path)
    return int(found[1]) if found else None


def reviewed(batch_id: str, number: int) -> str:
    """The receipts of the rows of one decision."""
    return f"{all_receipts(batch_id)}/review/{number:06d}.parquet"


def report(batch_id: str, file: str = "index.html") -> str:
    """A file of the batch's report."""
    return f"{batch(batch_id)}/report/{file}"


def is_fingerprint(text: str) -> bool:
    """Whether a folder's name is a clip's fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def is_batch(text: str) -> bool:
    """Whether a folder's name can be a batch's id."""
    return _NAME.fullmatch(text) is not None and len(text) <= LONGEST_BATCH


def clip(fingerprint: str) -> str:
    """The clip's folder."""
    if not is_fingerprint(fingerprint):
        raise errors.InputError(f"{fingerprint!r} is not a fingerprint: it has 64 lower-case hex digits.")
    return f"{CLIPS}/{fingerprint[:PREFIX]}/{fingerprint}"


def clip_record(fingerprint: str) -> str:
    """The record that makes the clip exist."""
    return f"{clip(fingerprint)}/clip.json"


def tombstone(fingerprint: str) -> str:
    """The record that the clip was taken down."""
    clip(fingerprint)
    return f"{TOMBSTONES}/{fingerprint}.json"


def clip_object(fingerprint: str, attempt: str, role: str) -> str:
    """One object of a clip's attempt; ``role`` is one of :data:`ROLES`."""
    if role not in ROLES:
        raise errors.InputError(f"A clip has no object {role!r}. Known: {', '.join(ROLES)}.")
    return f"{clip(fingerprint)}/{name(attempt, 'clip attempt')}/{ROLES[role]}"


def table(table_name: str) -> str:
    """The folder of a catalog table."""
    return f"{CATALOG}/{name(table_name, 'table')}"
