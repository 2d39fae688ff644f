"""Which failures Airflow tries again, and how long it waits for that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowTaskTimeout

from render import errors
from render.orchestration import retries


@pytest.mark.parametrize(
    "error",
    [
        errors.ManifestError("bad"),
        errors.SettingsError("bad"),
        errors.NotFound("gone"),
        errors.EngineMissing("none"),
        errors.Cancelled("over"),
        errors.EngineStopped("no such lamp, ten times"),
    ],
)
def test_what_cannot_be_mended_is_not_tried_again(error: errors.NightreelError) -> None:
    assert retries.POLICY.evaluate(error, 1, 3).action is RetryAction.FAIL
    assert retries.stays(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.StoreError("slow"),
        errors.BatchStopped("scheduler lost"),
        errors.SchedulerAway("restarting"),
        OSError("disk"),
        AirflowTaskTimeout("hung"),
    ],
)
def test_what_may_pass_is_tried_again_with_the_tasks_own_patience(error: BaseException) -> None:
    decision = retries.POLICY.evaluate(error, 1, 3)
    assert (decision.action, decision.retry_delay) == (RetryAction.DEFAULT, None)
    assert not (isinstance(error, errors.NightreelError) and retries.stays(error))


def test_each_wait_is_longer_and_none_without_end() -> None:
    given = retries.WITH_PATIENCE
    waits = [given["retry_delay"] * given["retry_exponential_backoff"] ** number for number in range(given["retries"])]
    assert waits == [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8)]
    assert max(waits) <= given["max_retry_delay"]
