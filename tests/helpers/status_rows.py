"""Rows of a batch's status from one record each."""

from __future__ import annotations

from dataclasses import fields

import pyarrow as pa

from render.status import Clips, ClipStatus


def rows(*clips: ClipStatus) -> Clips:
    kinds = {"end": pa.string(), "reason_kind": pa.string(), "fingerprint": pa.string(), "stand_in": pa.bool_()}
    names = [field.name for field in fields(ClipStatus)]
    return Clips(pa.table({name: pa.array([getattr(one, name) for one in clips], kinds.get(name)) for name in names}))
