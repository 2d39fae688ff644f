"""By when a nightly run is to be done, and who is told if it is not."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, time, timedelta

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from render import errors
from render.orchestration.notices import RunLate
from render.settings import load

log = logging.getLogger(__name__)


def of_night(begins: time) -> DeadlineAlert | None:
    """Of runs that begin each day at that time, in UTC: the next ``nightly_by`` of the settings after it, if it is set.

    It goes by the run's logical date, so a night that Airflow begins late has no more time for that. A night is not
    ended by it: what is late is still wanted. Without one, too, if the settings do not fit: the tasks say so and fail.
    """
    try:
        by = load().nightly_by
    except errors.SettingsError as error:
        log.error("Nobody is told when a night is late: %s", error)
        return None
    if by is None:
        return None
    day = date(2000, 1, 1)
    left = datetime.combine(day, by, UTC) - datetime.combine(day, begins, UTC)
    return DeadlineAlert(
        name="nightly_by",
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=left if left > timedelta() else left + timedelta(days=1),
        callback=AsyncCallback(RunLate),
    )
