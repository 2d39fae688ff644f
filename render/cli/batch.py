"""Taking one manifest the whole way, with progress and with Ctrl-C answered. Shared by ``run`` and ``try``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from render import errors
from render.cli import interrupt
from render.cli.progress import Display
from render.telemetry import context

if TYPE_CHECKING:
    from render.settings import Settings
    from render.status import Status

STOPPED = "Stopped at once. Run the same command again: it resumes."


def go(
    settings: Settings, manifest: str, *, passing: bool = False, limit: int | None = None, where: str | None = None
) -> tuple[Status, str | None]:
    """Run the manifest's batch, new or resumed; give where it stands now, and why it stopped early if it did.

    ``passing`` says that the manifest is gone afterwards. Raises what :func:`render.pipeline.run` raises, but for a
    stop, which is no error here, and a store that fails in the middle, which is
    :class:`render.errors.BatchStopped`.
    """
    from render import pipeline
    from render.farm.control import Control

    control = Control()
    batch = None
    with Display() as display, interrupt.draining(control.drain, say=display.say):
        now = datetime.now(UTC)
        try:
            key = f"run-{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}"
            batch = pipeline.intake(
                settings, manifest=manifest, passing=passing, run_key=key, now=now, limit=limit, where=where
            )
            with context.bound(batch=batch.id):
                display.say(f"Batch {batch.id}")
                status = pipeline.run(
                    settings,
                    batch.id,
                    now=lambda: datetime.now(UTC),
                    control=control,
                    on_plan=display.plan,
                    on_progress=display,
                )
        except (KeyboardInterrupt, errors.Cancelled, errors.BatchStopped) as stop:
            if batch is None:
                raise errors.Cancelled("Stopped before the batch was recorded.") from stop
            with interrupt.unheard():  # one more is pressed where the stop takes a moment
                return pipeline.status(settings, batch.id), str(stop) or STOPPED
        except errors.CorruptObject:
            raise
        except errors.StoreError as error:
            if batch is None:
                raise
            raise errors.BatchStopped(f"{error} Then run the same command again: it resumes.") from error
    return status, None
