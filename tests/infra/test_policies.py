"""Who may do what on storage: the policies of infra/terraform, object by object and by what a real batch asks for."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any
from unittest.mock import patch

import hcl2
import pytest
from iam import LOGS, POLICIES, ROOT, Judge, Request, requests
from in_process import write
from proxy import Proxy

from infra import seaweed
from render import errors, pipeline, takedown
from render.farm import dispatch, worker
from render.model import End
from render.settings import load
from render.store import catalog, clips, intakes, layout, sweep
from render.store.objects import ObjectStore, open_store

BUCKET = "films"
FINGERPRINT = "ab" * 32
OBJECTS: Mapping[str, str] = {
    "intake": layout.intake("b"),
    "intake_entry": layout.intake_entry(1),
    "intake_recorded": layout.intake_recorded(1),
    "intake_checkpoint": layout.intake_checkpoint(1, 1),
    "manifest": layout.manifest("b"),
    "plan_record": layout.plan_record("b"),
    "plan": layout.plan("b", "attempt"),
    "quarantine": layout.quarantine("b", "attempt"),
    "receipts": layout.receipts("b", 1, "attempt"),
    "review": layout.review("b", 1),
    "reviewed": layout.reviewed("b", 1),
    "report": layout.report("b"),
    "cancelled": layout.cancelled("b"),
    "finished": layout.finished("b"),
    "clip_record": layout.clip_record(FINGERPRINT),
    "clip_object": layout.clip_object(FINGERPRINT, "attempt", "clip"),
    "tombstone": layout.tombstone(FINGERPRINT),
    "table": f"{layout.table('clips')}/_delta_log/0.json",
    "inbox": f"{layout.INBOX}/team/spring.parquet",
    "experiment": f"{layout.REPORTS}/spring/index.html",
    "probe": f"{layout.PROBES}/1",
}
"""An object of every kind that a store holds."""
ONCE = {"intake", "intake_entry", "intake_recorded", "intake_checkpoint", "manifest", "plan_record", "receipts"}
ONCE |= {"review", "reviewed", "cancelled", "finished", "clip_record", "tombstone"}
"""Kinds that are put if absent, and never replaced."""
NO_PATHS = {"media_type", "name", "is_fingerprint", "is_batch", "intake_number", "intake_known", "review_number"}
FOLDERS = {"batch", "all_receipts", "reviews", "clip"}
ALL = set(OBJECTS)
SWEPT = {"probe", "plan", "quarantine", "clip_object"}
KEPT = ALL - {"inbox", "experiment", "intake_entry", "intake_recorded"}
MAY: Mapping[str, tuple[set[str], set[str], set[str]]] = {
    "worker": ({"clip_record", "clip_object", "tombstone"}, {"clip_record", "clip_object"}, set()),
    "control": (ALL, ALL - {"inbox", "clip_record", "clip_object", "tombstone"}, SWEPT),
    "airflow": (set(), set(), set()),
    "analyst": ({"table"}, set(), set()),
    "team": ({"report", "experiment", "clip_object"}, {"inbox"}, set()),
    "upkeep": (KEPT - {"intake_checkpoint"}, {"table", "probe"}, KEPT - {"clip_record", "tombstone"}),
    "takedown": (
        ALL - {"inbox", "probe", "intake_entry", "intake_recorded", "intake_checkpoint"},
        {"tombstone", "table", "report", "experiment"},
        {"clip_record", "clip_object", "report", "experiment"},
    ),
}
"""Kinds that a part may read, write and delete, and no others."""
CREATES = {"s3:ObjectCreationOperation": "true"}
IF_ABSENT = {**CREATES, "s3:if-none-match": "*"}


def test_every_kind_of_object_that_the_layout_knows_is_judged_here() -> None:
    """A new kind of object must be given to somebody, or nobody, on purpose."""
    known = {name for name, found in inspect.getmembers(layout, inspect.isfunction) if not name.startswith("_")}
    assert known - NO_PATHS - FOLDERS <= ALL
    assert {path.split("/")[0] for path in OBJECTS.values()} == {*layout.FOLDERS, layout.INBOX}


@pytest.mark.parametrize("role", sorted(MAY))
def test_a_part_may_do_what_it_has_to_do_and_nothing_else(role: str) -> None:
    """For each kind of object: reading, writing and deleting are allowed where the part needs it, else denied."""
    judge = Judge(role, BUCKET)

    def kinds(action: str, context: Mapping[str, str]) -> set[str]:
        return {kind for kind, path in OBJECTS.items() if judge.allows(Request(action, ROOT + path, context))}

    assert (kinds("s3:GetObject", {}), kinds("s3:PutObject", IF_ABSENT), kinds("s3:DeleteObject", {})) == MAY[role]
    assert kinds("s3:PutObject", CREATES) == MAY[role][1] - ONCE
    versions = {"clip_record", "clip_object"} if role == "takedown" else set()
    assert kinds("s3:DeleteObjectVersion", {}) == versions
    assert not judge.allows(Request("s3:GetObject", "elsewhere/clips/ab/clip.json"))
    assert not any(judge.allows(Request(action)) for action in ("s3:PutBucketPolicy", "s3:DeleteBucket"))


def test_every_policy_is_of_a_part_that_terraform_knows() -> None:
    """No policy lies there unused, and none is missing that a role or a person would be given."""
    (known,) = [
        entry for entry in hcl2.loads((POLICIES.parent / "roles.tf").read_text())["locals"] if "workloads" in entry
    ]
    names = {name for entry in ("workloads", "people") for name in json.loads(_set(known[entry]))}
    assert names == set(MAY)
    assert {file.stem for file in POLICIES.glob("*.json")} == {*MAY, "bucket", "trust"}


def _set(text: str) -> str:
    return text.removeprefix("${toset(").removesuffix(")}").replace("'", '"')


def test_nobody_is_served_without_tls() -> None:
    """A request in the clear, or by TLS older than 1.2, is denied to a role that may do the same with it."""
    judge, request = Judge("control", BUCKET), Request("s3:GetObject", f"{ROOT}{OBJECTS['intake']}")
    assert judge.allows(request)
    for insecure in ({"aws:SecureTransport": "false"}, {"s3:TlsVersion": "1.1"}):
        assert not judge.allows(Request(request.action, request.key, insecure))


@pytest.mark.parametrize(("role", "prefix"), [("worker", "clips/"), ("analyst", "catalog/"), ("airflow", None)])
def test_a_part_lists_its_own_folder_only_and_is_told_what_is_missing(role: str, prefix: str | None) -> None:
    """Without the right to list, S3 calls a missing object forbidden; another folder is not listed by its prefix."""
    judge = Judge(role, BUCKET)
    assert judge.allows(Request("s3:ListBucket"))
    own = LOGS if prefix is None else ROOT + prefix
    assert judge.allows(Request("s3:ListBucket", context={"s3:prefix": own}))
    assert not judge.allows(Request("s3:ListBucket", context={"s3:prefix": f"{ROOT}batches/"}))


@pytest.mark.parametrize("role", sorted(MAY))
def test_whoever_runs_airflows_tasks_keeps_their_logs(role: str) -> None:
    """Tasks put them under their own roles, Airflow itself reads them; nobody deletes any."""
    judge = Judge(role, BUCKET)
    may = {action for action in ("Get", "Put", "Delete") if judge.allows(Request(f"s3:{action}Object", LOGS + "a.log"))}
    assert may == ({"Get", "Put"} if role in {"airflow", "control", "takedown", "upkeep"} else set())


def test_a_role_is_taken_by_its_one_service_account() -> None:
    """The trust names the cluster's issuer, the audience and one namespace and account, without a wildcard."""
    text = Template((POLICIES / "trust.json").read_text())
    places = {"provider_arn": "arn", "issuer": "oidc.example", "namespace": "n", "service_account": "s"}
    (statement,) = json.loads(text.substitute(places))["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": "arn"}
    wanted = {"oidc.example:aud": "sts.amazonaws.com", "oidc.example:sub": "system:serviceaccount:n:s"}
    assert statement["Condition"] == {"StringEquals": wanted}


class Guard(Proxy):
    """A proxy before the service that refuses what a role may not do, as S3 would."""

    def __init__(self, service: str, role: str) -> None:
        super().__init__(service)
        self.refused: list[str] = []
        self._judge = Judge(role, seaweed.BUCKET)

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        asked = list(requests(method, path, headers))
        if forbidden := [request for request in asked if not self._judge.allows(request)]:
            return self._refuse(method, forbidden)
        answer, data = super().ask(method, path, headers, body)
        if answer.status == 404 and not self._judge.allows(Request("s3:ListBucket")):
            return self._refuse(method, asked)
        return answer, data

    def _refuse(self, method: str, asked: list[Request]) -> Any:
        self.refused += [f"{request.action} {request.key or request.context}" for request in asked]
        return _Forbidden(), b"" if method == "HEAD" else b"<Error><Code>AccessDenied</Code></Error>"


class _Forbidden:
    status, reason = 403, "Forbidden"

    def getheader(self, _: str) -> None:
        return None

    def getheaders(self) -> list[tuple[str, str]]:
        return [("Content-Type", "application/xml")]


Open = Callable[[str], tuple[ObjectStore, Guard]]


@pytest.fixture
def as_role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the store of a real S3 service as a role sees it."""
    with ExitStack() as stack:
        env = stack.enter_context(seaweed.running(tmp_path))
        for name, value in env.items():
            monkeypatch.setenv(name, value)

        def opened(role: str) -> tuple[ObjectStore, Guard]:
            guard = Guard(env["AWS_ENDPOINT_URL"], role)
            stack.enter_context(guard.running())
            monkeypatch.setenv("AWS_ENDPOINT_URL", guard.url)
            store = open_store(f"s3://{seaweed.BUCKET}/{ROOT}")
            store.delta_options()  # it connects now, to where the environment says now
            return store, guard

        yield opened


@pytest.mark.slow
def test_a_batch_is_made_and_kept_by_parts_that_may_do_no_more(
    as_role: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Team, control, worker, upkeep, takedown and analyst, each held to its policy at a real service, do their work.

    Only a worker that lost a race is refused something: to delete its attempt, which the batch's publishing sweeps; and
    upkeep, to remove the versions of a clip that was taken down while a worker committed it.
    """
    workers, worker_guard = as_role("worker")
    upkeep, upkeep_guard = as_role("upkeep")
    analyst, analyst_guard = as_role("analyst")
    takers, takers_guard = as_role("takedown")
    team, _ = as_role("team")
    control, control_guard = as_role("control")

    def farm(_address: str, jobs: Any, *, batch: str, settings: Any, on_result: Any, **_: Any) -> None:
        orders = worker.Orders(
            store_url=control.url, batch=batch, scratch=settings.scratch, cache=settings.cache, usd_per_cpu_hour=0.0
        )
        for job in jobs:
            (tried,) = worker.make_clips([job], orders)
            on_result(tried.result)

    manifest = tmp_path / "manifest.csv"
    manifest.write_text("experiment,variant,prompt,engine,seconds,width,height,fps\ne,a,one,testcard,0.5,64,64,8\n")
    settings = load(store=control.url, scratch=tmp_path / "scratch", scheduler="tcp://127.0.0.1:1")
    now = datetime(2026, 11, 29, tzinfo=UTC)
    monkeypatch.setattr(intakes, "MANY", 1)
    with patch.object(dispatch, "run", farm), patch.object(worker, "_store", lambda *_: workers):
        batch = pipeline.intake(settings, manifest=str(manifest), run_key="r", now=now)
        status = pipeline.run(settings, batch.id, now=lambda: now)
    assert status.ends[End.PUBLISHED] == 1
    assert (worker_guard.refused, control_guard.refused) == ([], [])

    fingerprint = control.list(layout.CLIPS)[0].split("/")[2]
    record = clips.get(control, fingerprint)
    loser = f"{batch.id}-{'0' * 16}"
    late = clips.commit(
        workers,
        job=record.job,
        batch=batch.id,
        files={"clip": manifest},
        engine_simulated=True,
        figures=(),
        understanding=None,
        events=(),
        captions=(),
        render_seconds=0,
        cpu_seconds=0,
        cost_usd=0,
        worker="w",
        created_at=now.isoformat(),
        attempt=loser,
    )
    assert late == record
    assert worker_guard.refused == [f"s3:DeleteObject {ROOT}{layout.clip_object(fingerprint, loser, 'clip')}"]
    assert clips.sweep_attempts(control, [fingerprint]) == [f"{layout.clip(fingerprint)}/{loser}"]
    assert control_guard.refused == []

    for number in range(3):
        source = Path(write(tmp_path / f"{number}.parquet", f"prompt {number}"))
        team.put_file(f"{layout.INBOX}/{source.name}", source)
        assert pipeline.intake(settings, run_key=f"night {number}", now=now)
    assert control_guard.refused == []

    assert list(sweep.find(upkeep, older_than_s=sweep.LEAST_S)) == []
    with patch.object(sweep, "_clock", lambda _: 2e12):
        assert [sweep.remove(upkeep, one) for one in sweep.find(upkeep, older_than_s=sweep.LEAST_S)] == [True, True]
    assert [done.table for done in catalog.tidy(upkeep, older_than_h=1, do=True)] == ["checks", "clips", "requests"]
    assert upkeep_guard.refused == []

    assert catalog.query(analyst, "select count(uri) as n from results").to_pylist() == [{"n": 1}]
    assert analyst_guard.refused == []

    done = takedown.withdraw(takers, [fingerprint], reason="consent revoked", by="ada", now=now)
    assert (done.rows, len(done.reports), takers_guard.refused) == (1, 1, [])
    assert control.list(layout.CLIPS) == [layout.tombstone(fingerprint)]
    assert catalog.query(analyst, 'select "end", uri from results').to_pylist() == [{"end": "withdrawn", "uri": None}]
    pipeline.publish(settings, batch.id)
    pipeline.report(settings, batch.id, now=now)
    with pytest.raises(errors.Withdrawn):
        clips.get(workers, fingerprint)
    assert control_guard.refused == []

    workers.put(layout.clip_object(fingerprint, loser, "clip"), b"late")
    (left,) = sweep.find(upkeep, older_than_s=sweep.LEAST_S)
    with pytest.raises(errors.StoreError):
        sweep.remove(upkeep, left)
    assert upkeep_guard.refused == ["s3:ListBucketVersions {}"]
    assert takedown.withdraw(takers, [fingerprint], reason="again", by="ada", now=now).removed == 1
    assert list(sweep.find(upkeep, older_than_s=sweep.LEAST_S)) == []
