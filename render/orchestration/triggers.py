"""The trigger that has a shard's clips made while no task waits for them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextvars import copy_context
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from render import errors
from render.farm.access import Access
from render.farm.control import Control
from render.orchestration import hooks, retries
from render.orchestration.run import now
from render.settings import Settings, load
from render.telemetry.context import bind

if TYPE_CHECKING:
    from render.pipeline import Progress

PATIENCE_SECONDS = 600.0
"""How long a cluster's scheduler may be away before its shard fails."""
LOOK_SECONDS = 5.0
"""How often it is looked for meanwhile."""
TELL_SECONDS = 10.0
"""How often the task's log is told how far the shard is, at most."""
OVERDUE = (
    "Its work was cancelled, its finished clips are kept. Raise the setting shard_seconds, or give the cluster more "
    "workers, then clear this run, all of it: it goes on."
)


class ShardTrigger(BaseTrigger):
    """Makes the clips of one shard on a Dask cluster; fires once, when every row has its end or none can be made.

    The controller of the shard runs in a thread of the triggerer, never in its event loop. When the triggerer goes,
    the cluster goes on with what it has, and the next triggerer takes the shard over. When the scheduler goes, what
    storage lacks is given to the next one at that address. When a user clears or ends the task, its work is cancelled.
    So it is when its time is over, which is kept here: what Airflow itself lets time out, it does not cancel.

    The event's payload has ``failure``, a sentence that is empty if all is well, and ``final``, whether another try
    cannot mend it.
    """

    def __init__(
        self, *, batch: str, shard: int, address: str, given: dict[str, Any], until: str | None = None
    ) -> None:
        """``address``: the scheduler's, or the id of its Airflow connection, which is read when it is needed.

        ``given``: the run's own settings, see :func:`given_of`; ``until``: when it has to be done, in ISO 8601.
        """
        super().__init__()
        self.batch = batch
        self.shard = shard
        self.address = address
        self.given = given
        self.until = until
        self._control: Control | None = None
        self._work: asyncio.Future[None] | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The trigger as Airflow stores it; nothing of it is secret."""
        own = {name: getattr(self, name) for name in ("batch", "shard", "address", "given", "until")}
        return f"{type(self).__module__}.{type(self).__qualname__}", own

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """See :class:`BaseTrigger`."""
        bind(batch=self.batch, shard=self.shard)
        failure, final = "", False
        left = max(0.0, (datetime.fromisoformat(self.until) - now()).total_seconds()) if self.until else None
        bound = asyncio.timeout(left)
        try:
            address, access = await hooks.aresolve(self.address)  # needed when the time is up, too: to cancel
            async with bound:
                await self._until_rendered(address, access)
        except TimeoutError:
            if not bound.expired():
                raise
            await self.on_kill()
            failure, final = f"Shard {self.shard} was not done by {self.until}. {OVERDUE}", True
        except errors.NightreelError as error:
            failure, final = str(error), retries.stays(error)
        yield TriggerEvent({"failure": failure, "final": final})

    async def on_kill(self) -> None:
        """Cancel the shard's work on the cluster."""
        if self._control and self._work:
            self._control.cancel()
            await asyncio.wait([self._work])

    async def cleanup(self) -> None:
        """Go away; what was not cancelled goes on."""
        if self._control:
            self._control.leave()

    async def _until_rendered(self, address: str, access: Access) -> None:
        """Render, and again when the scheduler is back if it was lost."""
        settings, tell = load(**self.given), Teller(self.log)
        done, patient_until = -1, 0.0
        while True:
            try:
                return await self._in_thread(partial(self._make, settings, address, access), tell)
            except (errors.SchedulerLost, errors.SchedulerAway) as error:
                if tell.done > done:
                    done, patient_until = tell.done, time.monotonic() + PATIENCE_SECONDS
                if settings.scheduler is None or time.monotonic() > patient_until:
                    raise  # a cluster of the run's own does not come back
                self.log.warning("%s It is looked for until %g s have passed.", error, PATIENCE_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)
            address, access = await hooks.aresolve(self.address)

    async def _in_thread(self, make: Callable[[Control, Teller], None], tell: Teller) -> None:
        """Render in a thread that does not keep the process, and whose log goes where this context's goes."""
        self._control = Control()
        render = partial(copy_context().run, make, self._control, tell)
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()

        def work() -> None:
            try:
                done.set_result(render())
            except BaseException as error:  # noqa: BLE001 - it is raised where the thread is waited for
                done.set_exception(error)

        threading.Thread(target=work, name=f"shard-{self.shard}", daemon=True).start()
        self._work = asyncio.wrap_future(done)
        self._work.add_done_callback(lambda over: over.cancelled() or over.exception())  # whoever waits, it is seen
        await asyncio.shield(self._work)

    def _make(self, settings: Settings, address: str, access: Access, control: Control, tell: Teller) -> None:
        from render import pipeline

        pipeline.render(
            settings,
            self.batch,
            [self.shard],
            address=address,
            access=access,
            now=now,
            control=control,
            on_progress=tell,
        )


class Teller:
    """Tells a task's log how far its shard is: each failure, and from time to time how many clips are done."""

    def __init__(self, log: Any, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._began = clock()
        self._told = float("-inf")
        self.done = 0
        """Clips that have ended."""

    def __call__(self, progress: Progress) -> None:
        """Take note of a clip that ended."""
        self.done += 1
        if progress.result.state == "failed":
            self._log.warning("A clip failed: %s %s", progress.result.reason, progress.result.fix)
        at = self._clock()
        if at - self._told >= TELL_SECONDS or not progress.left:
            self._told = at
            seconds = (at - self._began) / self.done * progress.left
            self._log.info(
                "%d of %d clips of shard %d are done, about %.0f s are left",
                self.done,
                self.done + progress.left,
                progress.shard,
                seconds,
            )
