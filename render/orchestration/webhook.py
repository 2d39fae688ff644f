"""Posts a document to the webhook that an Airflow connection names.

A chat, a pager or whatever takes JSON by HTTP. Its address and its secrets are in the connection, where Airflow keeps
them encrypted or fetches them from a vault. Whoever posts waits a bounded time and hears of no failure but in the log.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from airflow.sdk import Connection

CONNECTION = "nightreel_webhook"
"""The connection's id."""
PATIENCE_SECONDS = 10.0
"""From looking the server up to its answer."""


def post(document: Mapping[str, Any], log: Any) -> None:
    """Post it as JSON, from a task. Says in ``log`` if it could not; never raises."""
    try:
        connection = BaseHook.get_connection(CONNECTION)
    except Exception as error:  # noqa: BLE001 - whatever a secrets backend raises
        _tell_missing(error, log)
    else:
        asyncio.run(_send(connection, document, log))


async def apost(document: Mapping[str, Any], log: Any) -> None:
    """The same, from the triggerer's event loop."""
    try:
        connection = await BaseHook.aget_connection(CONNECTION)
    except Exception as error:  # noqa: BLE001 - whatever a secrets backend raises
        _tell_missing(error, log)
    else:
        await _send(connection, document, log)


def _tell_missing(error: Exception, log: Any) -> None:
    if isinstance(error, AirflowNotFoundException):
        log.info("Nobody else is told: there is no connection %s.", CONNECTION)
    else:
        log.warning("Nobody else is told: connection %s was not found out (%s).", CONNECTION, type(error).__name__)


async def _send(connection: Connection, document: Mapping[str, Any], log: Any) -> None:
    """Neither address nor answer is logged: either may hold a secret."""
    from aiohttp import ClientSession, ClientTimeout

    try:
        headers = await connection.aextra_dejson()
        if connection.login:
            own = f"{connection.login}:{connection.password or ''}".encode()
            headers = {"Authorization": f"Basic {b64encode(own).decode()}", **headers}
        async with (
            ClientSession(timeout=ClientTimeout(total=PATIENCE_SECONDS), trust_env=True) as session,
            session.post(address(connection), json=document, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status >= 300:
                log.warning("The webhook of connection %s answered %d.", CONNECTION, answer.status)
    except Exception as error:  # noqa: BLE001 - a message that does not arrive is no fault of the run
        log.warning("The webhook of connection %s was not reached (%s).", CONNECTION, type(error).__name__)


def address(connection: Connection) -> str:
    """Where to post: schema, host and port as Airflow's HTTP hook reads them; a password without a login ends it."""
    host = connection.host or ""
    base = host if "://" in host else f"{connection.schema or 'https'}://{host}"
    if connection.port:
        place = urlsplit(base)
        base = place._replace(netloc=f"{place.netloc}:{connection.port}").geturl()
    token = "" if connection.login else connection.password or ""
    return f"{base.rstrip('/')}/{token.lstrip('/')}" if token else base
