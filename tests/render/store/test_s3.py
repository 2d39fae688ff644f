from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import urlsplit
from zlib import crc32

import catalog_race
import intake_race
import psutil
import pyarrow as pa
import pytest
import store_makers as makers
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import EndpointConnectionError
from proxy import Mishap, Proxy
from store_suite import StoreSuite

from infra import seaweed
from render import errors, manifest, pipeline, takedown
from render.cli import main, probes
from render.settings import load
from render.store import batches, catalog, clips, layout, receipts, s3, sweep, tables
from render.store.objects import ObjectStore, open_store

pytestmark = pytest.mark.slow

SERVICE = "SEAWEED_URL"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with seaweed.running(tmp_path_factory.mktemp("seaweed")) as env:
        yield env


@pytest.fixture
def store(service: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    for name, value in service.items():
        monkeypatch.setenv(name, value)
    return open_store(f"s3://{seaweed.BUCKET}/{secrets.token_hex(4)}")


class TestS3Store(StoreSuite):
    @pytest.fixture
    def store(self, store: ObjectStore) -> ObjectStore:
        return store

    @contextmanager
    def unlistable(self, store: ObjectStore, folder: str) -> Iterator[None]:
        call = s3.S3Store._call

        def refuse(self: s3.S3Store, method: str, **options: Any) -> Any:
            if method.startswith("list_object") and options["Prefix"] == f"{self._prefix}{folder}/":
                raise PermissionError("Access Denied")
            return call(self, method, **options)

        with patch.object(s3.S3Store, "_call", refuse):
            yield


def test_a_store_that_is_opened_again_takes_little_memory(store: ObjectStore) -> None:
    """As in a triggerer, which has some for each of hundreds of shards."""
    store.exists("a")
    before = psutil.Process().memory_info().rss
    others = [open_store(store.url) for _ in range(10)]
    assert not any(one.exists("a") for one in others)
    assert psutil.Process().memory_info().rss - before < 5e6 * len(others)


def test_the_whole_bucket_can_be_a_store(store: ObjectStore) -> None:
    whole = open_store(f"s3://{seaweed.BUCKET}")
    store.put("a/b", b"x")
    prefix = store.url.rpartition("/")[2]
    assert whole.get(f"{prefix}/a/b") == b"x"
    assert prefix in whole.folders()
    assert whole.uri("x") == f"s3://{seaweed.BUCKET}/x"


def test_a_missing_bucket_is_a_clear_error(store: ObjectStore) -> None:
    missing = open_store("s3://no-such-bucket/x")
    with pytest.raises(errors.StoreRefused, match="Check that the bucket exists"):
        missing.list()


def test_wrong_credentials_are_a_clear_error(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(errors.StoreRefused, match="Set AWS_ACCESS_KEY_ID"):
        open_store(store.url).put("a", b"x")
    with pytest.raises(errors.StoreRefused, match="Set AWS_ACCESS_KEY_ID"):
        open_store(store.url).exists("a")
    with pytest.raises(errors.StoreRefused, match="Set AWS_ACCESS_KEY_ID"):
        catalog.query(open_store(store.url), "select 1 from clips")


def test_a_put_that_was_sent_twice_knows_its_own_object(store: s3.S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put = store._put_object

    def put_twice(path: str, data: bytes, **conditions: object) -> None:
        put(path, data, **conditions)
        put(path, data, **conditions)

    monkeypatch.setattr(store, "_put_object", put_twice)
    assert store.put_if_absent("a", b"x")
    assert not store.put_if_absent("a", b"x")


class Careless(Proxy):
    """A service that ignores the condition of a put."""

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        if "if-none-match" not in headers and not (method == "GET" and "versions" in urlsplit(path).query):
            return super().ask(method, path, headers, body)
        kept = {
            name: value
            for name, value in headers.items()
            if name.lower() not in {"if-none-match", "authorization", "host", "x-amz-date"}
        }
        address = f"{os.environ[SERVICE]}{path}"
        request = AWSRequest(method, address, headers=kept, data=body)
        who = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        S3SigV4Auth(who, "s3", os.environ["AWS_REGION"]).add_auth(request)
        return super().ask(method, path, {**request.headers, "Host": urlsplit(address).netloc}, body)


@pytest.fixture
def proxy(service: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """What the test's store goes through."""
    with Careless(service["AWS_ENDPOINT_URL"]).running() as proxy:
        for name, value in {**service, SERVICE: service["AWS_ENDPOINT_URL"], "AWS_ENDPOINT_URL": proxy.url}.items():
            monkeypatch.setenv(name, value)
        yield proxy


def test_a_service_that_ignores_the_condition_is_found_out(store: ObjectStore, proxy: Proxy, tmp_path: Path) -> None:
    assert not store.has_put_if_absent()
    assert store.list() == []
    manifest = tmp_path / "m.csv"
    manifest.write_text("experiment,variant,prompt\ne,a,one\n")
    now = datetime(2026, 11, 28, tzinfo=UTC)
    for begin in (
        lambda settings: pipeline.intake(settings, manifest=str(manifest), run_key="one", now=now),
        lambda settings: pipeline.publish(settings, makers.BATCH),
    ):
        with pytest.raises(errors.InputError, match="NIGHTREEL_SINGLE_WRITER"):
            begin(load(store=store.url))
    with pytest.raises(errors.Unknown, match="no batch"):
        pipeline.publish(load(store=store.url, single_writer=True), makers.BATCH)
    assert store.list() == []
    batch = pipeline.intake(load(store=store.url, single_writer=True), manifest=str(manifest), run_key="one", now=now)
    assert batches.load(store, batch.id) == batch


def test_one_writer_at_a_time_never_overwrites_even_there(store: ObjectStore, proxy: Proxy) -> None:
    assert store.put_if_absent("a", b"first")
    assert not store.put_if_absent("a", b"second")
    assert store.get("a") == b"first"


def large(tmp_path: Path) -> Path:
    """A file that goes up in four parts."""
    film = tmp_path / "film.mp4"
    film.write_bytes(secrets.token_bytes(3 * s3.PART + 7))
    return film


def test_a_large_file_goes_up_in_parts(store: ObjectStore, proxy: Proxy, tmp_path: Path) -> None:
    film = large(tmp_path)
    store.put_file("clips/film.mp4", film)
    assert proxy.kinds.count("PUT multipart") == 4
    assert store.sha256("clips/film.mp4") == hashlib.sha256(film.read_bytes()).hexdigest()


PEAK = """
import re, sys
from pathlib import Path
from render.store.objects import open_store

url, *files = sys.argv[1:]
for file in files:
    open_store(url).put_file(f"clips/{Path(file).name}", Path(file))
    print(1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]))
"""
"""Uploads the files one after another; prints the most memory that the process had after each."""


def test_an_upload_in_parts_takes_the_memory_of_some_parts(store: ObjectStore, tmp_path: Path) -> None:
    """However large the file is: what is under way at once, and what signs and sends it."""
    files = [tmp_path / "small.mp4", tmp_path / "large.mp4"]
    for file, size in zip(files, (1, 20 * s3.PART), strict=True):
        with file.open("wb") as sparse:
            sparse.truncate(size)
    told = subprocess.run([sys.executable, "-c", PEAK, store.url, *files], check=True, capture_output=True, text=True)
    before, after = map(int, told.stdout.split())
    assert store.size("clips/large.mp4") == 20 * s3.PART
    assert after - before < 12 * s3.PART


class Noting(Proxy):
    """Counts what each body of a PUT is guarded by, by its kind, and damages one on its way."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.guarded: dict[str, set[str]] = {}
        self.damage = False

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        if method == "PUT":
            by = self.guarded.setdefault(self.kinds[-1], set())
            by |= {"crc32"} if headers["x-amz-checksum-crc32"] == b64encode(crc32(body).to_bytes(4)).decode() else set()
            by |= {"sha256"} if headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest() else set()
            if self.damage:
                body, self.damage = bytes([body[0] ^ 1]) + body[1:], False
        return super().ask(method, path, headers, body)


@pytest.fixture
def noting(service: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Noting]:
    """What the test's store goes through."""
    with Noting(service["AWS_ENDPOINT_URL"]).running() as proxy:
        for name, value in {**service, "AWS_ENDPOINT_URL": proxy.url}.items():
            monkeypatch.setenv(name, value)
        yield cast("Noting", proxy)


def test_a_process_that_is_killed_between_parts_leaves_an_upload_that_is_swept(
    store: ObjectStore, proxy: Proxy, tmp_path: Path
) -> None:
    """Of which nothing is seen: the next try of the same file is whole."""
    film = large(tmp_path)
    children: list[subprocess.Popen[bytes]] = []

    def after_two_parts(kind: str) -> Mishap | None:
        return Mishap.KILLED_AFTER if kind == "PUT multipart" and proxy.kinds.count(kind) == 2 else None

    def kill() -> None:
        children[0].kill()

    proxy.begin(after_two_parts, kill)
    children.append(subprocess.Popen([sys.executable, "-c", PEAK, store.url, film]))
    assert children[0].wait() == -signal.SIGKILL
    proxy.begin(lambda _: None, lambda: None)
    assert store.list() == []
    assert store.sweep_temporary(older_than_s=-60) == 1
    store.put_file("clips/film.mp4", film)
    assert store.sha256("clips/film.mp4") == hashlib.sha256(film.read_bytes()).hexdigest()
    assert store.sweep_temporary(older_than_s=-60) == 0


def test_every_body_is_sent_with_checksums(store: ObjectStore, noting: Noting, tmp_path: Path) -> None:
    """CRC-32 by botocore, and the SHA-256 that the signature covers; delta-rs sends the latter alone."""
    store.put("receipts/a", b"x")
    store.put_if_absent(layout.clip_record(makers.fingerprint(1)), b"x")
    store.put_file("clips/film.mp4", large(tmp_path))
    record = makers.record()
    catalog.publish_clips(store, catalog.clips_table([record]), catalog.checks_table([record]))
    assert noting.guarded == {
        "PUT receipts": {"crc32", "sha256"},
        "PUT clip record": {"crc32", "sha256"},
        "PUT multipart": {"crc32", "sha256"},
        "PUT delta data": {"sha256"},
        "PUT delta commit": {"sha256"},
    }


def test_the_service_refuses_what_was_damaged_on_its_way_and_it_is_sent_again(
    store: ObjectStore, noting: Noting
) -> None:
    noting.damage = True
    store.put("a", b"whole")
    assert len(noting.kinds) == 2
    assert store.get("a") == b"whole"


def test_over_tls_the_checksum_follows_the_body(service: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As to Amazon: there the signature does not cover the body, which TLS guards."""
    for name, value in {**service, "AWS_ENDPOINT_URL": "https://s3.example"}.items():
        monkeypatch.setenv(name, value)
    store = open_store("s3://bucket")
    assert isinstance(store, s3.S3Store)
    sent: list[dict[str, bytes]] = []

    def note(request: Any, **_: Any) -> None:
        sent.append(dict(request.headers))
        raise OSError("Not sent.")

    store._fs.session.register("before-send.s3.PutObject", note)
    with pytest.raises(errors.StoreError, match="Not sent"):
        store.put("a", b"x")
    assert sent[0]["X-Amz-Trailer"] == b"x-amz-checksum-crc32"


def test_a_large_file_that_fails_on_its_way_leaves_nothing(store: ObjectStore, proxy: Proxy, tmp_path: Path) -> None:
    film = large(tmp_path)
    proxy.begin(lambda kind: Mishap.ERROR if kind == "PUT multipart" else None, lambda: None)
    with pytest.raises(errors.StoreError, match="cannot be written"):
        store.put_file("clips/film.mp4", film)
    assert store.list() == []
    assert store.sweep_temporary(older_than_s=-60) == 0


def test_a_profile_leads_the_catalog_there_too(
    service: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    credentials, config = tmp_path / "credentials", tmp_path / "config"
    key, secret = service["AWS_ACCESS_KEY_ID"], service["AWS_SECRET_ACCESS_KEY"]
    credentials.write_text(f"[studio]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    config.write_text(f"[profile studio]\nregion = us-east-1\nendpoint_url = {service['AWS_ENDPOINT_URL']}\n")
    for name in service:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_PROFILE", "studio")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    store = open_store(f"s3://{seaweed.BUCKET}/{secrets.token_hex(4)}")
    requests = makers.requests_table(makers.batch(), [makers.planned(0)], [], [])
    record = makers.record()
    makers.publish(
        store,
        makers.BATCH,
        requests=requests,
        clips=catalog.clips_table([record]),
        checks=catalog.checks_table([record]),
    )
    assert catalog.query(store, "select count(*) as n from clips").to_pylist() == [{"n": 1}]


def test_no_row_of_the_catalog_is_lost_or_doubled_while_it_is_tidied(store: ObjectStore, tmp_path: Path) -> None:
    done = catalog_race.play(store.url, tmp_path, seconds=20, grace_s=8)
    assert done["batches"] >= 4
    assert done["reads"] >= 2
    assert done["compacted"] >= 1
    assert done["removed"] > 0


def test_runs_at_once_never_share_a_manifest(store: ObjectStore, tmp_path: Path) -> None:
    done = intake_race.play(store.url, tmp_path, seconds=5)
    assert done["manifests"] >= 20
    assert done["takers"] >= 2


def test_what_arrives_in_an_inbox_is_seen_by_its_listing(store: ObjectStore, tmp_path: Path) -> None:
    """Once, and again with another content of the same length; what a batch took is not told to who begins anew."""
    settings = load(store=store.url)
    look = pipeline.watch(settings)
    assert look() == []
    store.put(f"{layout.INBOX}/a.parquet", b"PAR1 one")
    assert look() == []
    assert [file.url for file in look()] == [store.uri(f"{layout.INBOX}/a.parquet")]
    assert (look(), look()) == ([], [])
    store.put(f"{layout.INBOX}/a.parquet", b"PAR1 two")
    assert look() == []
    assert [file.sha256 for file in look()] == [hashlib.sha256(b"PAR1 two").hexdigest()]
    again = pipeline.watch(settings)
    again()
    assert len(again()) == 1
    assert pipeline.intake(settings, run_key="a run", now=datetime(2026, 11, 29, tzinfo=UTC))
    after = pipeline.watch(settings)
    assert (after(), after()) == ([], [])


def test_orphans_are_found_and_removed(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = clips.new_attempt(makers.BATCH)
    paths = [layout.clip_object(makers.fingerprint(1), attempt, role) for role in layout.ROLES]
    for path in paths:
        store.put(path, b"1234")
    assert list(sweep.find(store, older_than_s=sweep.LEAST_S)) == []
    hours_later = sweep._clock(store) + 2 * sweep.LEAST_S
    monkeypatch.setattr(sweep, "_clock", lambda _: hours_later)
    [orphan] = sweep.find(store, older_than_s=sweep.LEAST_S)
    assert sorted(orphan.objects) == sorted(paths)
    assert sweep.remove(store, orphan)
    assert store.list() == []
    assert list(sweep.find(store, older_than_s=sweep.LEAST_S)) == []


def test_the_region_is_read_from_either_variable(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    options = open_store(store.url).delta_options()
    assert options is not None
    assert options["AWS_REGION"] == "eu-west-3"


class Simple(Proxy):
    """A service that does not know the condition of a put, nor versions of objects."""

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        if "if-none-match" not in headers and not (method == "GET" and "versions" in urlsplit(path).query):
            return super().ask(method, path, headers, body)
        answer, _ = super().ask("GET", "/no-such-bucket", {}, b"")
        answer.status, answer.reason = 501, "Not Implemented"
        return answer, b"<Error><Code>NotImplemented</Code></Error>"


def test_a_service_that_does_not_know_the_condition_serves_one_writer_who_says_so(
    store: ObjectStore, service: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simple(service["AWS_ENDPOINT_URL"]).running() as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        with pytest.raises(errors.StoreError, match="NIGHTREEL_SINGLE_WRITER"):
            open_store(store.url).put_if_absent("a", b"of one of many")
        simple = open_store(store.url, single_writer=True)
        assert not simple.has_put_if_absent()
        assert simple.put_if_absent("a", b"first")
        assert not simple.put_if_absent("a", b"second")
        assert simple.get("a") == b"first"


def test_a_service_without_versions_loses_the_objects_that_it_has(
    store: ObjectStore,
    service: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A takedown on a store with one writer, by the command: it lists and deletes, and says that versions may stay."""
    clip, other = makers.fingerprint(1), makers.fingerprint(2)
    for path in (f"{layout.clip(clip)}/a/clip.mp4", layout.clip_record(clip), layout.clip_record(other)):
        store.put(path, b"x")
    with Simple(service["AWS_ENDPOINT_URL"]).running() as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        monkeypatch.setenv("NIGHTREEL_SINGLE_WRITER", "true")
        assert main(["withdraw", clip, "--reason", "why", "--by", "ada", "--yes", "--store", store.url]) == 0
        assert "does not list versions" in caplog.text
    assert store.list() == sorted([layout.tombstone(clip), layout.clip_record(other)])


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[[str], list[dict[str, str]]]:
    """The command on a store: what it finds of it."""
    monkeypatch.setattr(probes, "PROBES", {"store": probes.PROBES["store"]})

    def findings(url: str) -> list[dict[str, str]]:
        code = main(["doctor", "--store", url, "--json"])
        document = json.loads(capfd.readouterr().out)
        assert document["ready"] is (code == 0)
        return document["findings"]

    return findings


def test_doctor_finds_a_service_good_and_leaves_nothing(
    store: ObjectStore, noting: Noting, doctor: Callable[[str], list[dict[str, str]]]
) -> None:
    assert [(one["name"], one["health"]) for one in doctor(store.url)] == [("store", "ok"), ("versions", "ok")]
    assert noting.kinds.count("PUT multipart") == 3
    assert store.list() == []
    assert store.sweep_temporary(older_than_s=-60) == 0


def test_doctor_finds_a_service_out_that_ignores_the_condition(
    store: ObjectStore, proxy: Proxy, doctor: Callable[[str], list[dict[str, str]]]
) -> None:
    [found] = doctor(store.url)
    assert (found["health"], "does not know, or does not heed" in found["found"]) == ("missing", True)
    assert store.list() == []


class Damaging(Proxy):
    """A service that gives back large objects with another byte at their end."""

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        answer, data = super().ask(method, path, headers, body)
        return answer, data[:-1] + b"?" if method == "GET" and len(data) >= s3.READ_AHEAD // 2 else data


def test_doctor_finds_a_service_out_that_damages_what_comes_in_parts(
    store: ObjectStore,
    service: Mapping[str, str],
    doctor: Callable[[str], list[dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Damaging(service["AWS_ENDPOINT_URL"]).running() as damaging:
        monkeypatch.setenv("AWS_ENDPOINT_URL", damaging.url)
        [found] = doctor(store.url)
        assert store.list() == []
    assert (found["health"], "a large file reads back differently" in found["found"]) == ("missing", True)


def test_uploads_that_died_are_swept(store: s3.S3Store) -> None:
    key = store._key("clips/half.mp4")
    store._fs.call_s3("create_multipart_upload", Bucket=seaweed.BUCKET, Key=key)
    store._fs.call_s3("create_multipart_upload", Bucket=seaweed.BUCKET, Key=f"{store._prefix}of-another/half.bin")
    assert store.sweep_temporary() == 0
    assert store.sweep_temporary(older_than_s=-60, count_only=True) == 1
    assert store.sweep_temporary(older_than_s=-60) == 1
    assert store.sweep_temporary(older_than_s=-60) == 0


def test_a_batch_lives_on_s3(store: ObjectStore, tmp_path: Path) -> None:
    film = tmp_path / "clip.mp4"
    film.write_bytes(b"film")
    like = makers.record()
    skipped = {"version", "attempt", "objects"}
    fields = {name: getattr(like, name) for name in like.__dataclass_fields__ if name not in skipped}
    batch, planned = makers.batch(), [makers.planned(0), makers.planned(1, shard=1), makers.refused(2)]
    assert batches.create(store, batch)
    assert batches.newest_unfinished(store, batch.content) == batch
    batches.write_plan(store, batch.id, makers.plan_table(*planned))
    assert list(batches.read_plan(store, batch.id, shard=1)) == [planned[1]]
    record = clips.commit(store, files={"clip": film}, **fields)
    assert clips.commit(store, files={"clip": film}, **fields) == record
    assert clips.verify(store, record) == []
    ended = [makers.receipt(0)]
    receipts.write(store, batch.id, 0, "one", tables.receipt_table(ended))
    assert receipts.read(store, batch.id).num_rows == 1
    published = {
        "requests": makers.requests_table(batch, planned, batches.read_quarantine(store, batch.id), ended),
        "clips": catalog.clips_table([record]),
        "checks": catalog.checks_table([record]),
    }
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: makers.publish(store, batch.id, **published), range(2)))
    answer = catalog.query(store, 'select row, "end", uri from results order by row').to_pylist()
    assert [(one["row"], one["end"]) for one in answer] == [(0, "published"), (1, None), (2, "rejected")]
    assert answer[0]["uri"] == store.uri(record.objects["clip"].path)
    assert catalog.find_clip(store, record.objects["clip"].sha256) == record.job.fingerprint
    assert {path.split("/")[3] for path in store.list("clips")} == {record.attempt, "clip.json"}


def test_pages_of_a_long_listing_come_as_one(store: s3.S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        store.put(f"many/{number}", b"x")
    call = store._fs.call_s3

    def in_twos(method: str, **options: object) -> object:
        return call(method, **options, **({"MaxKeys": 2} if method == "list_objects_v2" else {}))

    monkeypatch.setattr(store._fs, "call_s3", in_twos)
    assert store.list("many") == [f"many/{number}" for number in range(5)]


def test_a_line_that_breaks_while_an_object_is_read_is_the_stores_trouble(
    store: s3.S3Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Broken:
        def read(self, size: int) -> bytes:
            raise EndpointConnectionError(endpoint_url="https://s3.example")

        def close(self) -> None:
            """Nothing to give back."""

    store.put("a/b", b"x")
    monkeypatch.setattr(store._fs, "open", lambda *_, **__: Broken())
    for read in (
        store.sha256,
        lambda path: store.fetch_file(path, tmp_path / "b"),
        lambda path: store.open(path).read(),
    ):
        with pytest.raises(errors.StoreError, match="cannot be read"):
            read("a/b")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_is_written_to_a_bucket_and_found_there(store: ObjectStore) -> None:
    url = f"{store.url}/inbox/a.parquet"
    manifest.write(pa.table({"experiment": ["e"], "variant": ["v"], "prompt": ["p"]}), url)
    files, _ = manifest.take(f"{store.url}/inbox", taken=())
    assert [file.url for file in files] == [url]
    assert [table["prompt"].to_pylist() for table in manifest.read(files)] == [["p"]]


@pytest.fixture
def kept(store: s3.S3Store) -> s3.S3Store:
    """A store in a bucket that keeps versions, as ``x``."""
    bucket = f"versions-{secrets.token_hex(4)}"
    store._call("create_bucket", Bucket=bucket)
    store._call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    found = open_store(f"s3://{bucket}/x")
    assert isinstance(found, s3.S3Store)
    return found


def test_whether_a_bucket_keeps_versions_is_tried(store: s3.S3Store, kept: s3.S3Store) -> None:
    assert (store.keeps_versions(), kept.keeps_versions()) == (False, True)
    assert list(kept._versions("x/")) == [], "what it was tried with is gone"


def test_a_version_that_may_not_go_keeps_no_other(kept: s3.S3Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One under a legal hold, the first of all that are listed: the others go, and it is told."""
    folder = layout.clip(makers.fingerprint(1))
    for name in ("captions.vtt", "clip.mp4", "poster.webp"):
        kept.put(f"{folder}/a/{name}", b"x")
    held = next(iter(kept._versions(f"x/{folder}/")))
    call = s3.S3Store._call

    def refuse(self: s3.S3Store, method: str, **options: Any) -> Any:
        if method == "delete_object" and (options["Key"], options["VersionId"]) == held:
            raise PermissionError("Access Denied")
        return call(self, method, **options)

    with monkeypatch.context() as patch:
        patch.setattr(s3.S3Store, "_call", refuse)
        with pytest.raises(errors.StoreError, match="Access Denied"):
            kept.purge(folder)
    assert list(kept._versions(f"x/{folder}/")) == [held]
    assert kept.purge(folder) == 1


def test_a_takedown_removes_every_version_where_the_bucket_keeps_them(kept: s3.S3Store) -> None:
    """Those that a delete hides, and what hides them, too; other clips keep theirs, and the tombstone stays."""
    gone, other = makers.fingerprint(1), makers.fingerprint(2)
    for path in (f"{layout.clip(gone)}/a/clip.mp4", layout.clip_record(gone), layout.clip_record(other)):
        for data in (b"first", b"second"):
            kept.put(path, data)
    kept.delete(layout.clip_record(gone))
    assert len(list(kept._versions(f"x/{layout.clip(gone)}/"))) == 5
    now = datetime(2026, 11, 29, tzinfo=UTC)
    done = takedown.withdraw(kept, [gone], reason="consent revoked", by="ada", now=now)
    assert done.removed == 5
    assert {key.split("/", 1)[1] for key, _ in kept._versions("x/")} == {
        layout.tombstone(gone), layout.clip_record(other),
    }  # fmt: skip
    assert len(list(kept._versions(f"x/{layout.clip(other)}/"))) == 2
    assert takedown.withdraw(kept, [gone], reason="again", by="bob", now=now).removed == 0
