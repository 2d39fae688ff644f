"""What tasks read and write, told to OpenLineage where its provider is installed: it calls the operators' hooks."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from render.orchestration.run import settings_of

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from render.model import Batch
    from render.store.objects import ObjectStore


class Data(Enum):
    """What a batch's tasks work on."""

    MANIFESTS = "manifests"
    CLIPS = "clips"
    CATALOG = "catalog"


def of_batch(ti: Any, batch_id: str | None, *, reads: set[Data], writes: set[Data]) -> OperatorLineage:
    """The datasets behind a task, named as OpenLineage names files, objects and Delta tables; none without a batch.

    Raises :class:`render.errors.NotFound` if there is no batch of that id.
    """
    from airflow.providers.common.compat.openlineage.facet import Dataset
    from airflow.providers.openlineage.extractors import OperatorLineage

    from render.store import batches
    from render.store.objects import store_of

    if batch_id is None or not reads | writes:
        return OperatorLineage()
    settings = settings_of(ti.get_template_context())
    store = store_of(settings)
    batch = batches.load(store, batch_id)

    def told(wanted: set[Data]) -> list[Any]:
        return [Dataset(*named(url)) for data in Data if data in wanted for url in urls(data, store, batch)]

    return OperatorLineage(inputs=told(reads), outputs=told(writes))


def urls(data: Data, store: ObjectStore, batch: Batch) -> list[str]:
    """Where it is: a URL for each dataset."""
    from render.store import layout
    from render.store.catalog import delta

    match data:
        case Data.MANIFESTS:
            return [file.url for file in batch.manifests]
        case Data.CLIPS:
            return [store.uri(layout.CLIPS)]
        case Data.CATALOG:
            return [store.uri(layout.table(table)) for table in delta.TABLES]


def named(url: str) -> tuple[str, str]:
    """Namespace and name of the dataset at a URL: ``s3://bucket`` and a key, ``file`` and an absolute path."""
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        return "file", unquote(parts.path)
    scheme = "s3" if parts.scheme == "s3a" else parts.scheme
    return f"{scheme}://{parts.netloc}", parts.path.strip("/")
