"""Which failures of a task are tried again, and when.

What infrastructure did may pass: it is tried again, each time after a longer wait. What the input, a missing engine or
a cancelled batch did stays as it is, and fails the task at once; so does an error that an engine gives again and again.
Else what an engine could not make ends single rows, never a task.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from render import errors

_MAY_PASS = errors.SchedulerAway
_STAYS = (errors.InputError, errors.NotFound, errors.EngineMissing, errors.EngineStopped, errors.Cancelled)

POLICY = ExceptionRetryPolicy(
    [
        RetryRule(exception=_MAY_PASS, action=RetryAction.DEFAULT),
        RetryRule(exception=list(_STAYS), action=RetryAction.FAIL, reason="Another try cannot mend this."),
    ]
)

WITH_PATIENCE: dict[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 4.0,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": POLICY,
}
"""Of a task: three further tries, after about half a minute, two minutes and eight; a scheduler that restarts and a
store that is overloaded are back by then. Airflow stretches each wait by up to as much again, another share for each
task, so that shards that failed together do not come back together."""


def stays(error: errors.NightreelError) -> bool:
    """Whether another try cannot mend it."""
    return isinstance(error, _STAYS) and not isinstance(error, _MAY_PASS)
