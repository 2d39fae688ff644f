"""What is being worked on: the batch, shard, clip and engine that stand on every log line written meanwhile.

The context is structlog's, so that Airflow puts it on the lines of its own log of a task or a trigger, too.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

FIELDS = ("batch", "shard", "clip", "engine")


def bound(
    *, batch: str | None = None, shard: int | None = None, clip: str | None = None, engine: str | None = None
) -> AbstractContextManager[object]:
    """Put these on the log lines of the block, in this thread or task; what is None stays as it is outside."""
    from structlog.contextvars import bound_contextvars

    return bound_contextvars(**_given(batch=batch, shard=shard, clip=clip, engine=engine))


def bind(*, batch: str | None = None, shard: int | None = None) -> None:
    """The same for all that follows: for a process or an asyncio task that does nothing else."""
    from structlog.contextvars import bind_contextvars

    bind_contextvars(**_given(batch=batch, shard=shard))


def _given(**fields: str | int | None) -> dict[str, str | int]:
    return {name: value for name, value in fields.items() if value is not None}
