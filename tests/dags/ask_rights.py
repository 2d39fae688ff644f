"""Give Airflow commands about roles, and print on which DAGs people may do what then as one line of JSON.

Usage: ``ask_rights.py COMMAND…``, each as it is typed, ``…`` being ada, who may look only. bob has Airflow's role User.
"""

from __future__ import annotations

import json
import shlex
import sys

from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.cli import cli_parser
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.providers.fab.auth_manager.models.db import FABDBManager
from airflow.utils.db import initdb
from airflow.utils.session import create_session

DAGS = ("catalog_upkeep", "nightly_render", "render_on_arrival", "takedown")
PEOPLE = {"ada": "Viewer", "bob": "User"}


def give(command: str) -> None:
    """Do what Airflow's console does with such a line."""
    arguments = cli_parser.get_parser().parse_args(shlex.split(command, comments=True)[1:])
    arguments.func(arguments)


initdb()
with create_session() as session:
    FABDBManager(session).initdb()
give("airflow dags reserialize")
for name, role in PEOPLE.items():
    of = f"--firstname {name} --lastname {name} --email {name}@example.org --use-random-password"
    give(f"airflow users create --username {name} --role {role} {of}")
for line in sys.argv[1:]:
    give(line.replace("…", "ada"))

manager = create_auth_manager()
with get_application_builder() as builder:
    told = {
        name: {
            f"{method} {entity.value}": [
                dag
                for dag in DAGS
                if manager.is_authorized_dag(
                    method=method,
                    access_entity=entity,
                    details=DagDetails(id=dag),
                    user=builder.sm.find_user(name),
                )
            ]
            for method, entity in (
                ("GET", DagAccessEntity.RUN),
                ("POST", DagAccessEntity.RUN),
                ("PUT", DagAccessEntity.RUN),
                ("PUT", DagAccessEntity.TASK_INSTANCE),
                ("PUT", DagAccessEntity.HITL_DETAIL),
            )
        }
        for name in PEOPLE
    }
print(json.dumps(told))
