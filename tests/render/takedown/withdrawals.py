"""What tests of takedowns share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from in_process import NOW, go

from render import takedown
from render.model import Tombstone
from render.settings import Settings
from render.status import Status
from render.store.objects import ObjectStore

LATER = datetime(2026, 11, 29, 12, tzinfo=UTC)
SENTENCE = "taken down on 2026-11-29 by ada: consent revoked"
EVERYTHING = (
    'select batch, row, "end", reason, reason_kind, fix, uri, path, fingerprint from results order by requested_at, row'
)


def again(settings: Settings, manifest: str, number: int = 2) -> Status:
    return go(settings, manifest, key=f"run-{number}", now=NOW + timedelta(hours=number))


def withdraw(store: ObjectStore, *fingerprints: str, **changes: Any) -> takedown.Withdrawal:
    return takedown.withdraw(
        store, fingerprints, **({"reason": "consent revoked", "by": "ada", "now": LATER} | changes)
    )


def tombstone(fingerprint: str) -> Tombstone:
    return Tombstone(
        fingerprint=fingerprint, withdrawn_at=LATER.isoformat(), withdrawn_by="ada", reason="consent revoked"
    )
