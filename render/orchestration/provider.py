"""What Airflow is told of this package, as of its own providers: the connection type, and how its form looks."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """The document of the entry point ``apache_airflow_provider``; it imports nothing, since every command reads it."""
    optional = {"type": ["string", "null"]}
    return {
        "package-name": "nightreel",
        "name": "Nightreel",
        "description": "Renders batches of generated video on a Dask cluster.",
        "hooks": [{"integration-name": "Dask", "python-modules": ["render.orchestration.hooks"]}],
        "notifications": [
            f"render.orchestration.notices.{name}"
            for name in ("RunSucceeded", "RunFailed", "TaskFailed", "ApprovalWanted", "RunLate")
        ],
        "connection-types": [
            {
                "connection-type": "dask",
                "hook-name": "Dask",
                "hook-class-name": "render.orchestration.hooks.DaskHook",
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "login", "password"],
                    "relabeling": {"host": "Scheduler"},
                    "placeholders": {"host": "dask-scheduler.example", "port": "8786"},
                },
                "conn-fields": {
                    "tls_ca": {
                        "label": "TLS authority",
                        "description": "Path of its PEM file where tasks and triggerers run; empty for no TLS.",
                        "schema": optional,
                    },
                    "tls_cert": {
                        "label": "TLS certificate",
                        "description": "Path of the client's certificate there.",
                        "schema": optional,
                    },
                    "tls_key": {
                        "label": "TLS key",
                        "description": "Path of the client's key there; empty if the certificate's file holds it.",
                        "schema": optional,
                    },
                    "tags": {
                        "label": "Tags",
                        "description": "Dask resources, by spaces: only workers that offer one of each get work.",
                        "schema": optional,
                    },
                },
            }
        ],
    }
