"""A store in a bucket of S3 or of a service that speaks it, through s3fs.

Credentials, region and endpoint come from the usual AWS variables and profiles (``AWS_ENDPOINT_URL`` names
another service than Amazon's).
"""

from __future__ import annotations

import io
import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from aiobotocore.session import AioSession
from botocore.exceptions import (
    BotoCoreError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.loaders import create_loader
from botocore.session import get_session
from s3fs import S3FileSystem

from render import errors
from render.store import layout
from render.store.objects import Entry, ObjectStore, confine, confine_folder, each, hidden
from render.telemetry import instruments

log = logging.getLogger(__name__)

READ_AHEAD = 8 << 20
"""Bytes fetched at once when an object is read as a file."""
PART = 8 << 20
"""Bytes of a part of what is sent in parts: files of two parts and more."""
_PARTS_AT_ONCE = 4
_TRIES = 8
_WRITER = "nightreel-writer"
_DESCRIPTIONS = create_loader()
"""Of Amazon's services, 12 MB, the same for all stores of this process: a triggerer opens some for each shard."""
_UNKNOWN = (NoCredentialsError, PartialCredentialsError, ProfileNotFound, SSOError, TokenRetrievalError)
"""What botocore says that finds no credentials."""
_SHUT = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AccessDenied", "403"}
)
"""What services answer to credentials that are not valid there, or may not do this."""


class S3Store(ObjectStore):
    """Objects under ``s3://bucket[/prefix]``."""

    def __init__(self, url: str, *, single_writer: bool = False) -> None:
        self._single_writer = single_writer
        self._bucket, _, prefix = url.partition("://")[2].strip("/").partition("/")
        if not self._bucket:
            raise errors.InputError(f"{url!r} names no bucket: write s3://bucket/folder.")
        self._prefix = f"{prefix.strip('/')}/" if prefix else ""
        self.url = f"s3://{self._bucket}/{self._prefix}".rstrip("/")
        # botocore itself reads AWS_DEFAULT_REGION only.
        region = {"region_name": os.environ["AWS_REGION"]} if os.environ.get("AWS_REGION") else {}
        session = AioSession()
        session.register_component("data_loader", _DESCRIPTIONS)
        self._fs = S3FileSystem(
            use_listings_cache=False, skip_instance_cache=True, session=session, client_kwargs=region
        )

    def uri(self, path: str) -> str:
        return f"s3://{self._bucket}/{self._key(path)}"

    def get(self, path: str) -> bytes:
        with self._faults(path):
            return cast("bytes", self._fs.cat_file(f"{self._bucket}/{self._key(path)}", max_concurrency=1))

    def open(self, path: str) -> BinaryIO:
        size = self.size(path)
        with self._faults(path):
            file = self._fs.open(f"{self._bucket}/{self._key(path)}", "rb", size=size, block_size=READ_AHEAD)
        return cast("BinaryIO", _Reader(cast("BinaryIO", file), lambda: self._faults(path)))

    def put(self, path: str, data: bytes) -> None:
        self._put_object(path, data)

    def put_file(self, path: str, local: Path) -> None:
        with self._faults(path, writing=True):
            self._fs.put_file(
                str(local),
                f"{self._bucket}/{self._key(path)}",
                chunksize=PART,
                max_concurrency=_PARTS_AT_ONCE,
                ContentType=layout.media_type(path),
            )

    def put_if_absent(self, path: str, data: bytes) -> bool:
        if self.exists(path):  # a service that ignores the condition would overwrite it
            return False
        writer = secrets.token_hex(16)
        for attempt in range(_TRIES):
            try:
                self._put_object(path, data, IfNoneMatch="*", Metadata={_WRITER: writer})
            except _Unknown as error:  # the condition
                if not self._single_writer:
                    raise errors.StoreError(
                        f"{error} Without put-if-absent two runs at once could lose clips: choose another service, or "
                        "set NIGHTREEL_SINGLE_WRITER=true if no two commands ever write to this store at once."
                    ) from error
                self._put_object(path, data)  # nothing was there
            except _Refused as refusal:
                if refusal.passing:  # another conditional put was under way at this instant
                    time.sleep(0.05 * 2**attempt)
                    continue
                try:  # a put whose answer was lost is sent again, and then refused because of itself
                    return self._head(path).get("Metadata", {}).get(_WRITER) == writer
                except errors.NotFound:
                    continue
            return True
        raise errors.StoreError(f"{self.uri(path)}: {_TRIES} conditional puts in a row met another one. Try again.")

    def has_put_if_absent(self) -> bool:
        path = f"{layout.PROBES}/{secrets.token_hex(16)}"
        try:
            self.put(path, b"first")
            self._put_object(path, b"second", IfNoneMatch="*")
        except _Refused:
            return True
        except _Unknown:
            return False
        finally:
            self.delete(path)
        return False

    def keeps_versions(self) -> bool | None:
        folder = f"{layout.PROBES}/{secrets.token_hex(16)}"
        versions = partial(self._versions, f"{self._prefix}{folder}/")
        try:
            with self._faults(folder):
                list(versions())  # before anything is put: what may not be listed could not be removed
        except (_Unknown, errors.StoreRefused):
            return None
        self.put(f"{folder}/probe", b"kept")
        self.delete(f"{folder}/probe")
        with self._faults(folder):
            kept = any(versions())
        if kept:
            self.purge(folder)
        return kept

    def size(self, path: str) -> int:
        return int(self._head(path)["ContentLength"])

    def folders(self, prefix: str = "") -> list[str]:
        found = [
            entry["Prefix"].rstrip("/").rpartition("/")[2]
            for page in self._pages(prefix, Delimiter="/")
            for entry in page.get("CommonPrefixes", ())
        ]
        return sorted(name for name in found if not hidden(name))

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        for page in self._pages(prefix):
            for found in page.get("Contents", ()):
                path = found["Key"].removeprefix(self._prefix)
                if not path.endswith("/") and not hidden(path):
                    yield Entry(path, found["Size"], found["LastModified"].timestamp())

    def delete(self, path: str) -> None:
        with self._faults(path, writing=True):
            self._call("delete_object", Bucket=self._bucket, Key=self._key(path))

    def purge(self, prefix: str) -> int:
        folder = confine_folder(prefix)
        try:
            with self._faults(prefix, writing=True):
                found = list(self._versions(f"{self._prefix}{folder}/" if folder else self._prefix))
        except _Unknown:
            log.warning(
                "%s does not list versions: what it shows is removed, and versions stay if it keeps any", self.url
            )
            return super().purge(prefix)

        def remove(one: tuple[str, str]) -> None:
            with self._faults(prefix, writing=True):
                self._call("delete_object", Bucket=self._bucket, Key=one[0], VersionId=one[1])

        each(remove, found)
        return len(found)

    def _versions(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Key and id of every version of the objects there, those that a delete has hidden and what hides them too."""
        options = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            page = self._call("list_object_versions", **options)
            for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                yield found["Key"], found["VersionId"]
            if not page.get("IsTruncated"):
                return
            options |= {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def sweep_temporary(self, older_than_s: float = 86_400.0, *, count_only: bool = False) -> int:
        with self._faults("", writing=True):
            stale = [
                upload for upload in self._uploads() if time.time() - upload["Initiated"].timestamp() > older_than_s
            ]
            for upload in () if count_only else stale:
                self._call(
                    "abort_multipart_upload", Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                )
        return len(stale)

    def _uploads(self) -> Iterator[dict[str, Any]]:
        """Uploads in parts that are not complete, of the store's own folders: a bucket may hold more than the store."""
        options = {"Bucket": self._bucket, "Prefix": self._prefix}
        while True:
            page = self._call("list_multipart_uploads", **options)
            for upload in page.get("Uploads", ()):
                if upload["Key"].removeprefix(self._prefix).split("/")[0] in layout.FOLDERS:
                    yield upload
            if not page.get("IsTruncated"):
                return
            options |= {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def delta_options(self) -> dict[str, str]:
        with self._faults(""):
            service, found = cast("Any", self._fs.s3).meta, get_session().get_credentials()
            if found is None:
                raise NoCredentialsError
            who = found.get_frozen_credentials()
        return {
            "AWS_ENDPOINT_URL": service.endpoint_url,
            "AWS_ALLOW_HTTP": str(service.endpoint_url.startswith("http://")).lower(),
            "AWS_REGION": service.region_name or "us-east-1",
            "AWS_ACCESS_KEY_ID": who.access_key or "",
            "AWS_SECRET_ACCESS_KEY": who.secret_key or "",
            **({"AWS_SESSION_TOKEN": who.token} if who.token else {}),
            "aws_conditional_put": "etag",
        }

    def _key(self, path: str) -> str:
        return self._prefix + confine(path)

    def _call(self, method: str, **options: Any) -> dict[str, Any]:
        """One request by its name in botocore; gives the answer's fields."""
        return cast("dict[str, Any]", self._fs.call_s3(method, **options))

    def _put_object(self, path: str, data: bytes, **conditions: Any) -> None:
        with self._faults(path, writing=True):
            self._call(
                "put_object",
                Bucket=self._bucket,
                Key=self._key(path),
                Body=data,
                ContentType=layout.media_type(path),
                **conditions,
            )

    def _head(self, path: str) -> dict[str, Any]:
        with self._faults(path):
            return self._call("head_object", Bucket=self._bucket, Key=self._key(path))

    def _pages(self, prefix: str, **options: Any) -> Iterator[dict[str, Any]]:
        folder = confine_folder(prefix)
        options |= {"Bucket": self._bucket, "Prefix": self._prefix + (f"{folder}/" if folder else "")}
        while True:
            with self._faults(prefix):
                page = self._call("list_objects_v2", **options)
            yield page
            if not page.get("IsTruncated"):
                return
            options["ContinuationToken"] = page["NextContinuationToken"]

    @contextmanager
    def _faults(self, path: str, *, writing: bool = False) -> Iterator[None]:
        try:
            yield
        except (OSError, BotoCoreError) as error:
            response = getattr(error.__cause__, "response", None) or {}
            code = str(response.get("Error", {}).get("Code", ""))
            where = f"s3://{self._bucket}/{self._prefix}{path}"
            if code in {"PreconditionFailed", "412"}:
                raise _Refused(where, passing=False) from error
            if code in {"NotImplemented", "501"}:
                raise _Unknown(f"{where}: the service does not know what was asked of it: {error}.") from error
            if code in {"ConditionalRequestConflict", "409"}:
                raise _Refused(where, passing=True) from error
            if isinstance(error, FileNotFoundError) and not writing and code != "NoSuchBucket":
                raise errors.NotFound(f"There is no object {where}.") from error
            instruments.STORAGE_ERRORS.add(
                1, operation="write" if writing else "read", error_type=code or type(error).__name__
            )
            told = f"{where} cannot be {'written' if writing else 'read'}: {str(error).rstrip('.')}."
            if code == "NoSuchBucket":
                raise errors.StoreRefused(f"{told} Check that the bucket exists, and AWS_ENDPOINT_URL.") from error
            if isinstance(error, _UNKNOWN) or code in _SHUT:
                raise errors.StoreRefused(
                    f"{told} Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, to one who may do this; "
                    "for another service than Amazon's AWS_ENDPOINT_URL, too."
                ) from error
            raise errors.StoreError(
                f"{told} Check the network, and the AWS_* variables or profile that this process sees."
            ) from error


class _Reader(io.BufferedIOBase):
    """An object being read, whose troubles on the way are the store's."""

    def __init__(self, source: BinaryIO, faults: Callable[[], AbstractContextManager[None]]) -> None:
        self._source = source
        self._faults = faults

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        with self._faults():
            return self._source.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        return self._source.tell()

    def close(self) -> None:
        self._source.close()
        super().close()


class _Unknown(errors.StoreError):
    """The service has no such request, or no such condition of one."""


class _Refused(errors.StoreError):
    """A conditional put found an object there, or another conditional put under way (``passing``)."""

    def __init__(self, where: str, *, passing: bool) -> None:
        super().__init__(f"{where} could not be put conditionally: another writer is at it. Try again.")
        self.passing = passing
