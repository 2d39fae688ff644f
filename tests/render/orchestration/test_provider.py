"""What Airflow finds out about this package when it looks for providers."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import pytest
from airflow._shared.module_loading import import_string
from airflow.providers_manager import ProvidersManager
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from render.orchestration import hooks
from render.orchestration.provider import get_provider_info


@pytest.fixture
def manager() -> ProvidersManager:
    return ProvidersManager()


def test_the_package_names_its_document_as_providers_do() -> None:
    (point,) = metadata.distribution("nightreel").entry_points.select(group="apache_airflow_provider")
    assert point.load() is get_provider_info


def test_airflow_knows_the_connection_type_and_its_form(manager: ProvidersManager) -> None:
    found = manager.providers["nightreel"].data
    assert found == found | get_provider_info()
    hook = ProvidersManagerTaskRuntime().hooks["dask"]
    assert hook is not None
    assert (hook.hook_class_name, hook.hook_name, hook.connection_id_attribute_name) == (
        "render.orchestration.hooks.DaskHook", "Dask", "dask_conn_id",
    )  # fmt: skip
    assert hook.connection_testable
    fields = {name for name in manager.connection_form_widgets if name.startswith("extra__dask__")}
    assert fields == {f"extra__dask__{name}" for name in ("tls_ca", "tls_cert", "tls_key", "tags")}
    assert manager.field_behaviours["dask"]["hidden_fields"] == ["schema", "login", "password"]


def test_what_it_names_is_there() -> None:
    told: dict[str, Any] = get_provider_info()
    assert import_string(told["connection-types"][0]["hook-class-name"]) is hooks.DaskHook
    for name in told["notifications"]:
        assert callable(import_string(name))
