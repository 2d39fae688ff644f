"""What the steps of a batch share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from render.settings import Settings
from render.store.objects import ObjectStore, store_of
from render.telemetry import context, spans

P = ParamSpec("P")
R = TypeVar("R")

Now = Callable[[], datetime]
"""Gives the time, in UTC."""


def ignore(_: Any) -> None:
    """Take no notice."""


def step(function: Callable[Concatenate[Settings, str, P], R]) -> Callable[Concatenate[Settings, str, P], R]:
    """A step of a batch: log lines meanwhile say so, and it is a span of the batch's trace."""

    @functools.wraps(function)
    def traced(settings: Settings, batch_id: str, *args: P.args, **kwargs: P.kwargs) -> R:
        parent = spans.of_batch(store_of(settings).url, batch_id) if spans.on() else spans.NONE
        with context.bound(batch=batch_id), spans.span(function.__name__, parent=parent, batch=batch_id):
            return function(settings, batch_id, *args, **kwargs)

    return traced


def roots(settings: Settings, store: ObjectStore) -> tuple[str, ...]:
    """Where manifests may lie; anywhere if there are none."""
    return (*settings.manifest_roots, store.url) if settings.manifest_roots else ()
