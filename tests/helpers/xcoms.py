"""What XCom may carry: ids, places and small numbers, each known from elsewhere. Whatever else it holds is strange."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from render.planning.shards import MOST_SHARDS
from render.store import layout

_FARM = re.compile(r"tcp://127\.0\.0\.1:\d{1,5}")


def strange(
    task: str, key: str, value: Any, *, store: str, batches: Sequence[str], schedulers: Sequence[str] = ()
) -> bool:
    """Whether a value is none that its task may hand on.

    ``store``: the URI of the store, in which these ``batches`` are; ``schedulers``: what runs were told to use.
    """
    if key != "return_value":
        return True
    match task:
        case "intake":
            return value not in batches
        case "plan":
            return not (isinstance(value, list) and all(type(one) is int and 0 <= one < MOST_SHARDS for one in value))
        case "open_farm":
            return not (isinstance(value, str) and (value in ["", *schedulers] or _FARM.fullmatch(value)))
        case "report" | "review":
            return value not in [f"{store}/{layout.report(batch)}" for batch in batches]
    return True
