from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import as_tables
import pytest

from render.model import (
    Batch,
    ClipRecord,
    Decision,
    End,
    Estimate,
    Fault,
    Figure,
    Job,
    ManifestFile,
    PlannedRow,
    ReasonKind,
    Receipt,
    Row,
    StoredObject,
    Understanding,
)
from render.store import batches, clips, layout, receipts, tables
from render.store.objects import ObjectStore, open_store

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
UNDERSTANDING = Understanding(
    share=0.42,
    scene="falling_objects",
    fallback=True,
    understood=("lands",),
    approximated=("vault → box",),
    ignored=("perfect",),
)
FIGURES = (
    Figure(check="loudness", name="integrated", value=-23.412, unit="LUFS"),
    Figure(check="black", name="share_black", value=0.0312, unit="1"),
)


VOID = {"meta", "img", "input", "br", "link"}


class Page(HTMLParser):
    """A page as a browser reads it: its tags, and its text by the tags around it; fails on tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append((tuple(self._open), data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, *, within: str = "body") -> str:
        own = [text for around, text in self.texts if within in around and "script" not in around]
        return " ".join(" ".join(own).split())

    def links(self) -> list[str]:
        """Every address that the page would load or lead to, except places on itself."""
        found = [attributes.get(name) for _, attributes in self.tags for name in ("src", "href", "poster", "action")]
        return [link for link in found if link is not None and not link.startswith("#")]

    def shape(self) -> list[tuple[str, frozenset[str]]]:
        """Tags and names of attributes, without any text."""
        return [(tag, frozenset(attributes)) for tag, attributes in self.tags]


class Makers:
    """Small nouns with sensible defaults."""

    now = NOW
    page = Page

    @staticmethod
    def batch(name: str = "night-000000000001", created_at: str = "2026-11-22T02:00:00+00:00", **fields) -> Batch:
        fields.setdefault("manifests", (ManifestFile(url="file:///m/spring.parquet", sha256="a" * 64, bytes=1234),))
        return Batch(id=name, run_key=name, content="0" * 64, limit=None, where=None, created_at=created_at, **fields)

    @staticmethod
    def row(number: int = 0, **fields) -> Row:
        wanted = {"experiment": "spring", "variant": "a", "prompt": "A ball falls."} | fields
        return Row(row=number, **wanted)

    @staticmethod
    def job(row: Row) -> Job:
        identity = repr((row.prompt, row.style, row.seed, row.shots)).encode("utf-8", "surrogatepass")
        return Job(
            fingerprint=hashlib.sha256(identity).hexdigest(),
            prompt=row.prompt,
            negative_prompt="",
            style=row.style,
            duration_ms=row.duration_ms,
            width=row.width,
            height=row.height,
            fps=row.fps,
            seed=row.seed,
            engine="world",
            engine_revision="world-1",
        )

    def planned(self, row: Row, decision: Decision = Decision.RENDER, fault: Fault | None = None) -> PlannedRow:
        job = self.job(row)
        return PlannedRow(
            row=row,
            decision=decision,
            why="never rendered",
            fingerprint=job.fingerprint,
            engine_revision=job.engine_revision,
            shard=0 if decision is Decision.RENDER else None,
            estimate=Estimate(cost_usd=0.0, cpu_seconds=1.0),
            fault=fault,
        )

    def record(self, row: Row, batch: str = "night-000000000001", **fields) -> ClipRecord:
        job = self.job(row)
        stored = {
            role: StoredObject(
                path=layout.clip_object(job.fingerprint, "try-1", role),
                sha256="b" * 64,
                bytes=102_345,
                media_type="x/y",
            )
            for role in ("clip", "poster", "sheet")
        }
        wanted = {
            "version": 1,
            "attempt": "try-1",
            "objects": stored,
            "engine_simulated": True,
            "figures": FIGURES,
            "understanding": UNDERSTANDING,
            "events": (),
            "captions": (),
            "render_seconds": 11.2,
            "cpu_seconds": 12.34,
            "cost_usd": 0.0,
            "worker": "w",
            "created_at": "2026-11-22T02:03:00+00:00",
        }
        return ClipRecord(job=job, batch=batch, **(wanted | fields))

    @staticmethod
    def receipt(batch: Batch, row: int, end: End = End.PUBLISHED, **fields) -> Receipt:
        return Receipt(batch=batch.id, row=row, end=end, finished_at="2026-11-22T02:03:00+00:00", **fields)

    @staticmethod
    def fault(row: int, column: str = "seconds", value: str = "-3", **fields) -> Fault:
        reason, fix = f"{column} does not fit.", f"Mend {column}."
        return Fault(row=row, column=column, value=value, reason=reason, fix=fix, **fields)

    def keep(
        self,
        store: ObjectStore,
        scratch: Path,
        batch: Batch,
        rows: Iterable[tuple[Row, End | None]],
        faults: Iterable[Fault] = (),
        *,
        cost_usd: float = 0.0,
        told: bool = True,
    ) -> None:
        """Put a batch into the store: every row with an end that has a clip gets one (of stand-in bytes).

        Each clip costs ``cost_usd``. Receipts say of their clips what those of version 1.0 did not, if ``told``.
        """
        faults, planned, ended, made = list(faults), [], [], set()
        rows = list(rows)
        first = {self.job(row).fingerprint: row.row for row, _ in reversed(rows)}
        pays = first | {self.job(row).fingerprint: row.row for row, end in reversed(rows) if end is not End.REUSED}
        for row, end in rows:
            decision = Decision.RENDER if pays[self.job(row).fingerprint] == row.row else Decision.DUPLICATE
            one = self.planned(row, decision)
            planned.append(replace(one, shard=0))
            if end in {End.PUBLISHED, End.REUSED, End.HELD} and one.fingerprint not in made:
                made.add(one.fingerprint)
                self._commit(store, scratch, one, batch, cost_usd)
            if end is not None:
                kind = None if end in {End.PUBLISHED, End.REUSED} else ReasonKind.CHECK
                reason = f"It was {end}." if kind else ""
                of_clip = self._of_clip(store, one, batch) if told and one.fingerprint in made else {}
                ended.append(
                    self.receipt(
                        batch, row.row, end, fingerprint=one.fingerprint, reason=reason, reason_kind=kind, **of_clip
                    )
                )
        ended += [self.receipt(batch, one.row, End.REJECTED, reason=one.reason, reason_kind=one.kind) for one in faults]
        batches.create(store, batch)
        batches.write_plan(store, batch.id, as_tables.of_planned(planned), as_tables.of_faults(faults))
        receipts.write(store, batch.id, 0, "one", tables.receipt_table(ended))

    @staticmethod
    def _of_clip(store: ObjectStore, one: PlannedRow, batch: Batch) -> dict[str, object]:
        record = clips.get(store, one.fingerprint)
        spent = one.decision is Decision.RENDER and record.batch == batch.id
        return {
            "path": record.objects["clip"].path,
            "render_seconds": record.render_seconds,
            "cpu_seconds": record.cpu_seconds,
            "cost_usd": record.cost_usd if spent else 0.0,
            "stand_in": record.understanding is not None and record.understanding.fallback,
        }

    def _commit(self, store: ObjectStore, scratch: Path, one: PlannedRow, batch: Batch, cost_usd: float) -> None:
        files = {role: scratch / f"{role}-{one.fingerprint}" for role in ("clip", "poster", "sheet")}
        for role, file in files.items():
            file.write_bytes(f"{role} of {one.fingerprint}".encode() * 50)
        made = self.record(one.row)
        clips.commit(
            store,
            job=self.job(one.row),
            batch=batch.id,
            files=files,
            engine_simulated=True,
            figures=made.figures,
            understanding=made.understanding,
            events=(),
            captions=(),
            render_seconds=made.render_seconds,
            cpu_seconds=made.cpu_seconds,
            cost_usd=cost_usd,
            worker="w",
            created_at=made.created_at,
        )


@pytest.fixture(scope="session")
def make() -> Makers:
    return Makers()


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "store"))


@pytest.fixture
def spring(make: Makers, store: ObjectStore, tmp_path: Path) -> Batch:
    """A batch with every kind of row: 2 prompts in 2 variants, a duplicate, a held, a failed, 2 malformed ones."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    batch = make.batch()
    rows = [
        (make.row(0, variant="realistic"), End.PUBLISHED),
        (make.row(1, variant="anime", style="anime"), End.PUBLISHED),
        (make.row(2, variant="realistic", prompt="=1+1, waves"), End.PUBLISHED),
        (make.row(3, variant="anime", style="anime", prompt="=1+1, waves"), End.HELD),
        (make.row(4, variant="anime", style="anime"), End.REUSED),
        (make.row(5, variant="realistic", prompt="A kickflip"), End.FAILED),
        (make.row(6, variant="realistic", prompt="Not yet"), None),
    ]
    make.keep(
        store, scratch, batch, rows, [make.fault(7), make.fault(7, "style", "vapor"), make.fault(8, "prompt", "")]
    )
    return batch


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """All files below a folder, by relative path."""

    def read(folder: Path) -> dict[str, bytes]:
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    return read
