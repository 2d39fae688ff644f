"""How a batch is stopped from outside: from a signal handler, another thread, a trigger."""

from __future__ import annotations

ON_REQUEST = "Stopped on request. Run the same command again: it resumes."


class Control:
    """What a controller looks at between two steps."""

    def __init__(self) -> None:
        self.draining = False
        """Begin nothing any more; what runs is finished."""
        self.cancelled = False
        """Stop what runs, too."""
        self.left = False
        """Go away, and let go on what the cluster has."""

    def drain(self) -> None:
        """Let what runs finish, begin nothing any more."""
        self.draining = True

    def cancel(self) -> None:
        """Stop at once."""
        self.draining = self.cancelled = True

    def leave(self) -> None:
        """Go away at once; what the cluster has goes on, and whoever runs the batch again finds it there."""
        self.left = True
