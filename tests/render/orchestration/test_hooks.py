"""A Dask cluster as an Airflow connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from distributed import LocalCluster

from render import errors
from render.farm.access import OPEN, Access
from render.orchestration import hooks
from render.orchestration.hooks import DaskHook

FILES = {"tls_ca": "/etc/ca.pem", "tls_cert": "/etc/cert.pem", "tls_key": "/etc/key.pem"}


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(**told: Any) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_DASK_DEFAULT", json.dumps({"conn_type": "dask"} | told))

    return make


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"host": "big"}, ("tcp://big:8786", OPEN)),
        ({"host": "tcp://big", "port": 9000}, ("tcp://big:9000", OPEN)),
        ({"host": "big", "extra": FILES}, ("tls://big:8786", Access(**FILES))),
        ({"host": "big", "extra": {"tags": "films, gpu"}}, ("tcp://big:8786", Access(tags=("films", "gpu")))),
        ({"host": "big", "extra": {"tags": ["films"], "tls_ca": None}}, ("tcp://big:8786", Access(tags=("films",)))),
    ],
)
def test_what_a_connection_says(connect: Any, told: dict[str, Any], expected: tuple[str, Access]) -> None:
    connect(**told)
    assert hooks.resolve("dask_default") == expected
    assert asyncio.run(hooks.aresolve("dask_default")) == expected


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"conn_type": "http", "host": "big"}, "is of type 'http'"),
        ({}, "names no host"),
        ({"host": "big", "extra": {"tls_cafile": "x"}}, "extra field 'tls_cafile' that nothing reads"),
    ],
)
def test_a_connection_that_does_not_fit_is_refused(connect: Any, told: dict[str, Any], message: str) -> None:
    connect(**told)
    with pytest.raises(errors.InputError, match=message):
        hooks.resolve("dask_default")
    with pytest.raises(errors.InputError, match=message):
        asyncio.run(hooks.aresolve("dask_default"))


def test_an_address_is_no_connection() -> None:
    assert hooks.resolve("big:8786") == ("big:8786", OPEN)
    assert asyncio.run(hooks.aresolve("tls://big:8786")) == ("tls://big:8786", OPEN)


def test_a_connection_that_is_not_there_says_what_to_do() -> None:
    with pytest.raises(errors.InputError, match=r"no Airflow connection 'dask_gone'.*tcp://HOST:PORT"):
        asyncio.run(hooks.aresolve("dask_gone"))


@pytest.fixture
def scheduler() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        protocol="tcp://",
    ) as cluster:
        yield cluster


def test_the_hook_tests_a_connection_and_gives_a_client(connect: Any, scheduler: LocalCluster) -> None:
    connect(host="127.0.0.1", port=int(scheduler.scheduler_address.rpartition(":")[2]))
    assert DaskHook().test_connection() == (True, "The scheduler answers. Its workers: 1.")
    with DaskHook().get_conn() as client:
        assert client.submit(sum, [1, 2]).result() == 3


def test_the_test_of_a_connection_says_why_it_failed(connect: Any) -> None:
    connect(host="127.0.0.1", port=1)
    works, why = DaskHook().test_connection()
    assert not works
    assert "No Dask scheduler answers at 'tcp://127.0.0.1:1'" in why
