"""A Dask cluster as an Airflow connection: its scheduler's address, TLS, and which workers are ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from render import errors
from render.farm.access import OPEN, Access

if TYPE_CHECKING:
    from airflow.sdk import Connection
    from distributed import Client

PORT = 8786
"""Dask's own, if a connection names none."""


class DaskHook(BaseHook):
    """Connections of type ``dask``.

    Host and port are the scheduler's; extra fields are ``tls_ca``, ``tls_cert`` and ``tls_key``, paths of PEM files on
    the machines of tasks and triggerers, and ``tags``, see :class:`render.farm.access.Access`. It holds no secret.
    """

    conn_name_attr = "dask_conn_id"
    default_conn_name = "dask_default"
    conn_type = "dask"
    hook_name = "Dask"

    def __init__(self, dask_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dask_conn_id = dask_conn_id

    def get_conn(self) -> Client:
        """A client of the scheduler; the caller closes it. Raises as :func:`render.farm.cluster.connect`."""
        from render.farm import cluster

        address, access = resolve(self.dask_conn_id)
        return cluster.connect(address, access=access)

    def test_connection(self) -> tuple[bool, str]:
        """Whether the scheduler answers, and in a sentence what it has, or why not."""
        try:
            with self.get_conn() as client:
                workers = client.scheduler_info(n_workers=-1)["workers"]
        except errors.NightreelError as error:
            return False, str(error)
        return True, f"The scheduler answers. Its workers: {len(workers)}."


def resolve(scheduler: str) -> tuple[str, Access]:
    """The address and the access of a scheduler that is given by its address, or by a connection's id.

    Raises :class:`render.errors.InputError` if there is no such connection, or it does not fit.
    """
    if _is_address(scheduler):
        return scheduler, OPEN
    try:
        connection = BaseHook.get_connection(scheduler)
    except AirflowNotFoundException as error:
        raise _no_connection(scheduler) from error
    return _read(connection, connection.extra_dejson)


async def aresolve(scheduler: str) -> tuple[str, Access]:
    """The same, in the triggerer's event loop."""
    if _is_address(scheduler):
        return scheduler, OPEN
    try:
        connection = await BaseHook.aget_connection(scheduler)
    except AirflowNotFoundException as error:
        raise _no_connection(scheduler) from error
    return _read(connection, await connection.aextra_dejson())


def _is_address(scheduler: str) -> bool:
    """An address has a scheme or a port; neither may stand in a connection's id."""
    return ":" in scheduler


def _no_connection(name: str) -> errors.InputError:
    return errors.InputError(
        f"There is no Airflow connection {name!r}. Make it, of type Dask, or give the scheduler's address instead: "
        "tcp://HOST:PORT."
    )


def _read(connection: Connection, extra: Mapping[str, Any]) -> tuple[str, Access]:
    name = connection.conn_id
    if connection.conn_type != DaskHook.conn_type:
        raise errors.InputError(f"Connection {name} is of type {connection.conn_type!r}; one of type 'dask' is needed.")
    if not connection.host:
        raise errors.InputError(f"Connection {name} names no host. Enter that of Dask's scheduler.")
    if strange := sorted(extra.keys() - {"tls_ca", "tls_cert", "tls_key", "tags"}):
        raise errors.InputError(f"Connection {name} has an extra field {strange[0]!r} that nothing reads. Take it out.")
    tags = extra.get("tags") or []
    access = Access(
        tls_ca=extra.get("tls_ca") or "",
        tls_cert=extra.get("tls_cert") or "",
        tls_key=extra.get("tls_key") or "",
        tags=tuple(tags.replace(",", " ").split() if isinstance(tags, str) else map(str, tags)),
    )
    scheme = "tls" if access.tls_ca or access.tls_cert else "tcp"
    host = connection.host if "://" in connection.host else f"{scheme}://{connection.host}"
    return f"{host}:{connection.port or PORT}", access
