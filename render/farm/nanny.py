"""The keeper of a worker process: starts it, and starts it again whenever it dies."""

from __future__ import annotations

from distributed import Nanny, Status

STARTS = 5
_OVER = (Status.closing, Status.closing_gracefully, Status.closed)


class Keeper(Nanny):
    """Dask's nanny, which also starts a process again that dies while it starts: Dask would do without it."""

    async def instantiate(self) -> Status:
        """Start the process; give what has become of it."""
        status = await super().instantiate()
        for _ in range(STARTS - 1):
            if status is not Status.stopped or self.status in _OVER:
                break
            status = await super().instantiate()
        return status
