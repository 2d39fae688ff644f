"""The nouns of Nightreel: plain frozen data, no I/O.

Times that can change a pixel are integer milliseconds; money is US dollars; sizes are pixels.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class End(StrEnum):
    """How a row of a batch ended. Always exactly one of these."""

    PUBLISHED = "published"
    """Rendered by this batch, passed its checks."""
    REUSED = "reused"
    """An earlier or an in-batch clip of the same fingerprint serves it."""
    HELD = "held"
    """Waits for a person."""
    REJECTED = "rejected"
    """Malformed, refused by policy, or failed a check."""
    FAILED = "failed"
    """Tried, gave up, reason kept; tried again by the next batch."""
    WITHDRAWN = "withdrawn"
    """Taken down; its tombstone is never rendered again."""


class ReasonKind(StrEnum):
    """Who has to act on a row that was not published, or who decided on it."""

    INVALID = "invalid"
    """The row itself is malformed: its author mends it."""
    POLICY = "policy"
    """The prompt, or the price, is not allowed, or the clip was taken down."""
    CHECK = "check"
    """The clip was made and a check held or rejected it."""
    ENGINE = "engine"
    """The engine could not make it."""
    INFRASTRUCTURE = "infrastructure"
    """A worker, disk or store failed."""
    CANCELLED = "cancelled"
    """Somebody ended its batch before it was made."""
    REVIEW = "review"
    """A check held the clip, and a person approved or refused it: nobody has to act any more."""


class Outcome(StrEnum):
    """What a check or a policy says of a clip or a prompt."""

    PASS = "pass"
    HOLD = "hold"
    REJECT = "reject"


class Decision(StrEnum):
    """What the plan does with a valid row."""

    RENDER = "render"
    """A job is made for it."""
    DUPLICATE = "duplicate"
    """An earlier row of this batch has the same fingerprint; it follows that row's end."""
    REUSE = "reuse"
    """A committed clip of an earlier batch serves it (its verdict comes from the stored figures)."""
    REFUSE = "refuse"
    """Policy, price or the engine's limits refuse it; it is quarantined with the reason."""
    WITHDRAWN = "withdrawn"
    """Its clip was taken down: it is neither rendered nor reused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One shot of a clip."""

    prompt: str
    duration_ms: int
    camera: str = ""


def _whole_frames(duration_ms: int, fps: int) -> int:
    return max(1, (duration_ms * fps + 500) // 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a row wants apart from its words and its seed: an engine says by it whether it can, and at what price."""

    style: str = "realistic"
    duration_ms: int = 4000
    width: int = 640
    height: int = 360
    fps: int = 24
    engine: str = "world"
    shots: tuple[Shot, ...] = ()
    scene: str = ""
    """The scene as YAML, for an engine that takes one; the prompt is then its label. Empty: the prompt is read."""

    @property
    def frames(self) -> int:
        """Whole frames nearest to the wanted length, at least one."""
        return _whole_frames(self.duration_ms, self.fps)

    @property
    def seconds(self) -> float:
        """Length of the finished picture in seconds."""
        return self.frames / self.fps


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Form):
    """One valid manifest row, defaults written out."""

    row: int
    """0-based position over the manifest's files in name order."""
    experiment: str
    variant: str
    prompt: str
    """NFC, at most 4,000 characters."""
    negative_prompt: str = ""
    seed: int = 0
    submitter: str = ""
    team: str = ""
    priority: int = 0
    """Higher runs earlier."""
    deadline: str = ""
    """ISO 8601 instant in UTC, or empty."""
    max_cost: float | None = None
    """US dollars, on the estimate."""
    policy: str = "default"
    tags: Mapping[str, str] = field(default_factory=dict)
    """Unknown columns and the ``tags`` column, as text; carried to the catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a row is quarantined: one fault of one column."""

    row: int
    column: str
    value: str
    """The offending value as short text."""
    reason: str
    fix: str
    kind: ReasonKind = ReasonKind.INVALID
    experiment: str = ""
    """As far as the row says it."""
    variant: str = ""

    @property
    def named(self) -> str:
        """The reason, with the column that it is of unless it begins with that."""
        return self.name(self.column, self.reason)

    @staticmethod
    def name(column: str, reason: str) -> str:
        """A reason, with the column that it is of unless it begins with that."""
        return reason if reason.startswith(f"{column} ") else f"{column}: {reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a job would take, before it is made."""

    cost_usd: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One clip to be made: all that can change a pixel or a sample, under its fingerprint."""

    fingerprint: str
    """64 lower-case hex digits."""
    prompt: str
    negative_prompt: str
    style: str
    duration_ms: int
    width: int
    height: int
    fps: int
    seed: int
    engine: str
    engine_revision: str
    shots: tuple[Shot, ...] = ()
    scene: str = ""
    """The scene as YAML that is built instead of the prompt's; empty where the prompt is read."""

    @property
    def frames(self) -> int:
        """Whole frames nearest to the wanted length, at least one."""
        return _whole_frames(self.duration_ms, self.fps)

    @property
    def seconds(self) -> float:
        """Length of the finished picture in seconds."""
        return self.frames / self.fps


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One valid row and what the plan does with it."""

    row: Row
    decision: Decision
    why: str
    """Plain language: "never rendered", "engine revision changed from … to …", "same as row 3"."""
    fingerprint: str
    engine_revision: str
    """The revision of the row's engine that the fingerprint stands for."""
    shard: int | None
    """Set for RENDER and for DUPLICATE of a rendered row."""
    estimate: Estimate
    fault: Fault | None = None
    """Set for REFUSE."""

    @property
    def job(self) -> Job:
        """The clip that the row wants."""
        row = self.row
        return Job(
            fingerprint=self.fingerprint,
            prompt=row.prompt,
            negative_prompt=row.negative_prompt,
            style=row.style,
            duration_ms=row.duration_ms,
            width=row.width,
            height=row.height,
            fps=row.fps,
            seed=row.seed,
            engine=row.engine,
            engine_revision=self.engine_revision,
            shots=row.shots,
            scene=row.scene,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """One file that a batch took in."""

    url: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedManifest:
    """A file of the inbox that cannot be used as a whole; it never stops the others."""

    file: ManifestFile
    reason: str
    """What is wrong and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The manifests taken in by one run."""

    id: str
    """``<run key>-<12 hex of the content hash>``."""
    run_key: str
    """The logical date, else the run's id."""
    content: str
    """Hash over the files' hashes, the limit and the filter."""
    manifests: tuple[ManifestFile, ...]
    refused: tuple[RefusedManifest, ...] = ()
    inbox: bool = False
    """What arrived in an inbox: a file of it that cannot be used stops no other."""
    draft: str = ""
    """URL of the brief or CSV that the manifest was made of; empty where there is none that lasts."""
    limit: int | None
    where: str | None
    created_at: str
    """ISO 8601, UTC."""

    @property
    def source(self) -> str:
        """What a person would give to run it again: the brief's or CSV's URL, else the manifest's, else their folder.

        Empty for none.
        """
        urls = [self.draft] if self.draft else [file.url for file in self.manifests]
        return urls[0] if len(urls) == 1 else posixpath.dirname(urls[0]) if urls else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens at an instant of the clip: a contact, a flash, a cut."""

    time_s: float
    name: str
    strength: float = 0.0
    """In the event's own unit; for a contact its impulse in N·s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """A line of text that belongs to a span of the clip."""

    start_s: float
    end_s: float
    text: str
    language: str = "en"


STAND_IN = "a stand-in: the engine cannot show what the prompt asks for"
"""What people are told of a clip whose :attr:`Understanding.fallback` is true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What an engine made of the prompt's words."""

    share: float
    """How much of the content words is shown, 0 to 1: one that something near it stands for counts half."""
    scene: str
    """The scene family that was built."""
    fallback: bool
    """True when the scene is not what the prompt asks for but a stand-in."""
    understood: tuple[str, ...] = ()
    approximated: tuple[str, ...] = ()
    """``"word → by what"``."""
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What comes with the last frame."""

    sound: NDArray[np.float32]
    """``[samples, 2]`` at 48 kHz, −1 to 1, as long as the picture to within one sample; ``[0, 2]`` for none."""
    events: tuple[Event, ...] = ()
    captions: tuple[Caption, ...] = ()
    understanding: Understanding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """An engine's output for one job: a stream, never a file."""

    job: Job
    frames: Iterator[NDArray[np.uint8]]
    """Chunks ``[n, height, width, 3]`` of RGB, in order, ``job.frames`` in all. Read once."""
    finish: Callable[[], Finish]
    """To be called once, after the last chunk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An engine could not make this job; the others of its group are not touched."""

    job: Job
    reason: str
    permanent: bool
    """True when another try cannot help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measurement of a clip."""

    check: str
    name: str
    value: float
    """A plain number; NaN is not allowed, use ±1e9 for "without bound"."""
    unit: str
    """As it stands behind the number: "LUFS", "dBTP", "frames", "ms", "px", "1" for a ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a policy says of a clip by its stored figures."""

    outcome: Outcome
    check: str = ""
    """The check that decided; empty on PASS."""
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object of a committed attempt."""

    path: str
    """Relative to the store."""
    sha256: str
    bytes: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRecord:
    """The small JSON that makes a clip exist. Written once, put-if-absent."""

    version: int
    job: Job
    attempt: str
    batch: str
    """The batch that rendered it."""
    objects: Mapping[str, StoredObject]
    """By role: "clip", "poster", "sheet", "captions"."""
    engine_simulated: bool
    """True for previs of the built-in simulator."""
    figures: tuple[Figure, ...]
    understanding: Understanding | None
    events: tuple[Event, ...]
    captions: tuple[Caption, ...]
    render_seconds: float
    """Wall-clock seconds from the engine's start to the finished file."""
    cpu_seconds: float
    """CPU seconds of the worker and of its ffmpeg processes for this clip."""
    cost_usd: float
    worker: str
    created_at: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """Says that a clip was taken down. Written once, put-if-absent, and kept: the clip is never made again."""

    FIX: ClassVar[str] = "Change its prompt, seed or cast: what was taken down is not made again."
    """What whoever wants such a clip can do."""

    fingerprint: str
    withdrawn_at: str
    """ISO 8601, UTC."""
    withdrawn_by: str
    reason: str

    @property
    def sentence(self) -> str:
        """Who took the clip down, when and why."""
        return f"taken down on {self.withdrawn_at[:10]} by {self.withdrawn_by}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a worker says of one job. The truth is the clip record; this only points to it."""

    fingerprint: str
    state: str
    """"made" (committed by this try), "found" (a record was there already), "failed", "withdrawn" (taken down)."""
    reason: str = ""
    reason_kind: ReasonKind | None = None
    fix: str = ""
    tries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person decided on held rows of a batch. Written once, put-if-absent; no two of a batch share a row."""

    approved: bool
    """False where they were refused."""
    rows: tuple[int, ...]
    by: str
    """Who decided."""
    comment: str
    """Why."""
    at: str
    """ISO 8601, UTC."""
    policies: Mapping[str, str]
    """The policies that had held the rows: what :func:`render.checks.policy.digest` said of each."""

    @property
    def said(self) -> str:
        """Who decided what, and why: a sentence without its full stop."""
        return f'{"Approved" if self.approved else "Refused"} by {self.by}: "{self.comment}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The durable record of how a row of a batch ended."""

    batch: str
    row: int
    end: End
    fingerprint: str = ""
    """Empty for a row that never became a job."""
    reason: str = ""
    reason_kind: ReasonKind | None = None
    fix: str = ""
    shard: int | None = None
    """None for rows whose end was settled by the plan."""
    attempt: str = ""
    """The shard attempt that wrote it."""
    finished_at: str = ""
    """ISO 8601, UTC."""
    path: str = ""
    """The clip that serves the row, relative to the store, as it was when the row ended; empty where there is none."""
    render_seconds: float = 0.0
    """Wall-clock seconds that the clip took when it was made."""
    cpu_seconds: float = 0.0
    """CPU seconds that it took."""
    cost_usd: float = 0.0
    """What this row cost in this batch: nothing for a clip that was there."""
    stand_in: bool = False
    """Whether the clip shows something else, since its engine cannot show what the prompt asks for."""
