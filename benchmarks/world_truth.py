"""What the simulated world does, measured from finished MP4 files: falls, bounces, rolling, throws, sync, waves.

Each trial is a small laboratory: a stage made for it, filmed by a camera that stands still, encoded as every clip
is. What is compared with the law is what a viewer could measure: balls are found in the decoded frames by their
colour, and pixels become metres by where the camera stood; onsets are found in the decoded sound. What hits what in
the families' own scenes is filmed anew from close by and along the place where they touch.

    python benchmarks/world_truth.py
    python benchmarks/world_truth.py --json --only fall pendulum
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import itertools
import json
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from render import settings
from render.engines.contract import SAMPLE_RATE, Cancel
from render.engines.world import families, kernels, physics, reading
from render.engines.world.camera import Camera
from render.engines.world.light import LIGHTS
from render.engines.world.materials import Material
from render.engines.world.scene import CameraWish, Scene
from render.engines.world.shot import Shot
from render.engines.world.stage import Joint, JointKind, Launch, Shape, Solid, Stage, Vector, Wave
from render.engines.world.styles import STYLES
from render.engines.world.substances import SUBSTANCES
from render.engines.world.take import Take, take
from render.engines.world.tracer.picture import Picture
from render.engines.world.tracer.soup import mesh_of
from render.media import mux
from render.media.encode import Encoder
from render.model import Job

WIDTH, HEIGHT, FPS = 854, 480, 30
INK = (0.60, 0.01, 0.45)
"""A colour that nothing else in the laboratory has."""
G = physics.GRAVITY


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure beside what it should be."""

    trial: str
    what: str
    value: float
    unit: str
    least: float
    most: float
    source: str

    @property
    def holds(self) -> bool:
        return self.least <= self.value <= self.most


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """A finished file, decoded."""

    take: Take
    frames: NDArray[np.uint8]
    """``[n, height, width, 3]``."""
    sound: NDArray[np.float32]
    """``[samples, 2]`` from the moment of the first frame."""
    digest: str
    """SHA-256 of the file."""

    @property
    def camera(self) -> Camera:
        return self.take.picture.cameras[0]

    @property
    def times(self) -> NDArray[np.float64]:
        return np.arange(len(self.frames)) / FPS


STYLES["sharp"] = dataclasses.replace(STYLES["realistic"], shutter=0.0)
"""Where a body is and not where it was: what is blurred by its speed is seen beyond what stops it."""


def new_job(
    seconds: float, *, prompt: str = "", style: str = "realistic", seed: int = 0, width: int = WIDTH,
    height: int = HEIGHT,
) -> Job:  # fmt: skip
    return Job(
        fingerprint="0" * 64,
        prompt=prompt,
        negative_prompt="",
        style=style,
        duration_ms=round(seconds * 1000),
        width=width,
        height=height,
        fps=FPS,
        seed=seed,
        engine="world",
        engine_revision="",
    )


def decoded(path: Path) -> NDArray[np.uint8]:
    """``[n, height, width, 3]``."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]).astype(np.uint8)


def film(made: Take, folder: Path) -> Film:
    """Draw, encode and mux the take as the farm does, and decode the file."""
    picture, path = folder / "picture.mp4", folder / "clip.mp4"
    job = made.job
    with Encoder(picture, width=job.width, height=job.height, fps=job.fps) as encoder:
        for chunk in made.frames(Cancel(), lambda *_: None):
            encoder.write(chunk)
    mux.mux(picture, made.finish().sound, path, frames=job.frames, fps=job.fps, captions=())
    frames = decoded(path)
    with av.open(str(path)) as container:
        heard = [frame for frame in container.decode(audio=0) if frame.time is not None and frame.time >= 0]
        sound = np.concatenate([frame.to_ndarray().T for frame in heard]).astype(np.float32)
    return Film(take=made, frames=frames, sound=sound, digest=hashlib.sha256(path.read_bytes()).hexdigest())


def laboratory(solids: tuple[Solid, ...], *, low: Vector, high: Vector, floor: str = "hardwood") -> Stage:
    """A grey floor and wall under an overcast sky, seen straight from the front, from ``low`` to ``high``."""
    grey = Material(base=(0.42, 0.43, 0.44), gloss=0.0)
    wall = Solid(
        name="wall", shape=Shape.BOX, size=(30.0, 0.1, 12.0), substance="ground", material=grey,
        position=(0.0, 2.5, 11.0), touches=False,
    )  # fmt: skip
    points = np.array([(x, 0.0, z) for x in (low[0], high[0]) for z in (low[2], high[2])])
    return Stage(
        solids=(wall, *solids),
        light=LIGHTS["overcast"],
        shot=Shot(points=points, azimuth=-90.0, elevation=0.0, field_of_view=30.0, margin=0.92),
        ground=grey,
        ground_substance=floor,
        ambience=("studio",),
    )


def ball(substance: str, radius: float, *, height: float, velocity: Vector = (0, 0, 0), x: float = 0.0) -> Solid:
    """A plain ball whose underside is ``height`` metres above the floor when it is let go."""
    return Solid(
        name="ball", shape=Shape.SPHERE, size=(radius,), substance=substance, material=Material(base=INK, gloss=0.0),
        launch=Launch(time=0.0, position=(x, 0.0, height + radius), velocity=velocity),
    )  # fmt: skip


def inked(frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How much of each pixel is of the ball's colour, 0 to 1."""
    red, green, blue = np.moveaxis(frame.astype(np.float64), -1, 0)
    chroma = np.minimum(red, blue) - green
    full = np.percentile(chroma, 99.9)
    return np.clip(chroma / max(full, 20.0) * 1.2 - 0.1, 0.0, 1.0)


def track(shown: Film) -> NDArray[np.float64]:
    """``[n, 2]`` metres (x, z) of the coloured ball's middle in the plane y = 0; NaN where it is not seen."""
    camera, found = shown.camera, np.full((len(shown.frames), 2), np.nan)
    height, width = shown.frames.shape[1:3]
    columns, rows = np.arange(width) + 0.5, np.arange(height) + 0.5
    for k, frame in enumerate(shown.frames):
        weight = inked(frame)
        total = weight.sum()
        if total < 12:
            continue
        x, y = (weight.sum(0) @ columns) / total, (weight.sum(1) @ rows) / total
        way = (
            camera.forward
            + camera.right * (x / width * 2 - 1) * camera.tangent * width / height
            + camera.up * (1 - y / height * 2) * camera.tangent
        )
        at = camera.eye - way * camera.eye[1] / way[1]
        found[k] = at[0], at[2]
    return found


def onsets(sound: NDArray[np.float32], count: int, *, apart: float = 0.12) -> NDArray[np.float64]:
    """Seconds of the ``count`` strongest sudden rises, in order: where a hit first stands out of what was before."""
    hop = SAMPLE_RATE // 2000
    power = (sound.astype(np.float64) ** 2).sum(1)
    energy = power[: len(power) // hop * hop].reshape(-1, hop).mean(1) + 1e-9
    before = np.convolve(energy, np.ones(20) / 20)[: len(energy)]
    rise = np.zeros(len(energy))
    rise[1:] = np.log(energy[1:] / before[:-1]) * np.sqrt(energy[1:])
    times: list[float] = []
    for k in np.argsort(rise)[::-1]:
        if all(abs(k * hop / SAMPLE_RATE - time) > apart for time in times):
            start = k
            while start > 0 and rise[start - 1] > 0.15 * rise[k]:
                start -= 1
            times.append(start * hop / SAMPLE_RATE)
        if len(times) == count:
            break
    return np.sort(times)


def flights(way: NDArray[np.float64]) -> list[slice]:
    """Runs of frames in which the ball is in the air, split at each bounce: nothing else turns it upwards."""
    z = way[:, 1]
    turn = [k for k in range(1, len(z) - 1) if z[k] <= z[k - 1] and z[k] < z[k + 1]]
    edges = [-1, *turn, len(z)]
    return [slice(a + 2, b - 1) for a, b in itertools.pairwise(edges) if b - a > 6]


def parabola(times: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.polyfit(times, z, 2)


def meeting(one: NDArray[np.float64], two: NDArray[np.float64], near: float, radius: float) -> float:
    """When the ball touched the floor between two flights: where both parabolas reach its radius."""
    hits = []
    for curve in (one, two):
        roots = np.roots(curve - np.array((0, 0, radius)))
        real = roots[np.abs(roots.imag) < 1e-9].real
        hits.append(real[np.argmin(np.abs(real - near))] if len(real) else near)
    return float(hits[0])


def fall(folder: Path) -> Iterator[Figure]:
    stage = laboratory((ball("basketball", 0.12, height=3.6),), low=(-2.2, 0, 0.0), high=(2.2, 0, 4.0))
    shown = film(Take(new_job(1.0), Scene(family="objects"), stage, device="cpu"), folder)
    way = track(shown)
    air = flights(way)[0]
    g = -2 * parabola(shown.times[air], way[air, 1])[0]
    yield Figure(trial="fall", what="g", value=g, unit="m/s²", least=0.99 * G, most=1.01 * G, source="9.81 m/s²")


BALLS = {
    "basketball": (0.12, 1.8, "hardwood"),
    "tennis ball": (0.0335, 2.54, "ground"),
    "superball": (0.03, 1.5, "ground"),
    "golf ball": (0.0214, 1.5, "ground"),
    "table tennis ball": (0.02, 0.305, "bearing steel"),
    "football": (0.11, 2.0, "bearing steel"),
    "bearing steel": (0.03, 0.2, "bearing steel"),
}
"""Radius and drop in metres, and the floor, as the rules of each sport let it fall."""


def bounce(folder: Path) -> Iterator[Figure]:
    for substance, (radius, height, floor) in BALLS.items():
        made_of = SUBSTANCES[substance]
        if made_of.rebound is None:
            continue
        top = height + 3 * radius
        stage = laboratory(
            (ball(substance, radius, height=height),), low=(-top / 2, 0, 0.0), high=(top / 2, 0, top), floor=floor
        )
        # The fall, and two flights that take as long as going up and down from its own height would.
        seconds = min(2.0, 5 * math.sqrt(2 * height / G))
        shown = film(Take(new_job(seconds), Scene(family="objects"), stage, device="cpu"), folder)
        way = track(shown)
        tops = []
        for air in flights(way)[1:3]:
            a, b, c = parabola(shown.times[air], way[air, 1])
            tops.append(c - b * b / (4 * a) - radius)
        least, most = made_of.rebound
        yield Figure(
            trial="bounce", what=f"{substance}: rebound over drop", value=tops[0] / height, unit="",
            least=least, most=most, source=made_of.source,
        )  # fmt: skip
        gain = max([tops[0] / height, *(two / one for one, two in itertools.pairwise(tops))])
        yield Figure(
            trial="bounce", what=f"{substance}: most height kept in a bounce", value=gain, unit="",
            least=0.0, most=1.0, source="energy is never gained",
        )  # fmt: skip


RAMP = 1.0
"""Metres: from so high a football rolls down in FIFA's test of a pitch."""


def roll(folder: Path) -> Iterator[Figure]:
    """A football starts as fast as the ramp lets it go, and rolls over turf until it lies."""
    radius, fast = 0.11, math.sqrt(2 * G * RAMP / 1.4)
    rolling = ball("football", radius, height=0.0, velocity=(fast, 0.0, 0.0), x=-4.0)
    assert rolling.launch is not None
    spun = dataclasses.replace(rolling.launch, spin=(0.0, fast / radius, 0.0))
    stage = laboratory(
        (dataclasses.replace(rolling, launch=spun),), low=(-4.3, 0, 0.0), high=(5.0, 0, 0.3), floor="turf"
    )
    shown = film(Take(new_job(4.5), Scene(family="objects"), stage, device="cpu"), folder)
    way = track(shown)[:, 0]
    yield Figure(
        trial="roll", what="a football on turf from a ramp of 1 m", value=float(way[-1] - way[0]), unit="m",
        least=4.0, most=8.0, source="FIFA Quality Pro: ball roll 4 to 8 m",
    )  # fmt: skip


SOFT = {"basketball": 0.12, "tennis ball": 0.0335, "football": 0.11, "rubber": 0.15, "superball": 0.03}
"""Radius in metres."""


def reach(frame: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels of the ball's hue, in the shade too."""
    red, green, blue = np.moveaxis(frame.astype(float), -1, 0)
    return (np.minimum(red, blue) - green) / np.maximum(np.maximum(red, blue), 20.0) > 0.35


def overlap(folder: Path) -> Iterator[Figure]:
    """How far balls are seen in what they hit: narrow rails, which do not hide what is of a ball below their edge."""
    for substance, radius in SOFT.items():
        rails = {
            "a rail": Solid(
                name="rail", shape=Shape.BOX, size=(6 * radius, 0.1 * radius, radius), substance="bearing steel",
                material=Material(base=(0.1, 0.1, 0.1), gloss=0.0), position=(0.0, 0.0, -radius),
            ),
            "a rod": Solid(
                name="rod", shape=Shape.CAPSULE, size=(0.1 * radius, 6 * radius), substance="bearing steel",
                material=Material(base=(0.1, 0.1, 0.1), gloss=0.0), position=(0.0, 0.0, -0.1 * radius),
                turn=(math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0),
            ),
        }  # fmt: skip
        for what, rail in rails.items():
            # The eye is as high as the rail's upper edge, so that nothing above it is seen below it.
            lifted = dataclasses.replace(rail, position=(0.0, 0.0, rail.position[2] + 1.0))
            thrown = ball(substance, radius, height=1.005, velocity=(0.0, 0.0, -5.0))
            low, high = (-0.3 * radius, 0.0, 1 - 0.3 * radius), (0.3 * radius, 0.0, 1 + 0.3 * radius)
            stage = dataclasses.replace(laboratory((thrown, lifted), low=low, high=high), tempo=0.02)
            job = new_job(0.6, style="sharp", width=320, height=180)
            shown = film(Take(job, Scene(family="objects"), stage, device="cpu"), folder)
            metres = 2 * shown.camera.tangent * abs(float(shown.camera.eye[1])) / job.height
            middle = slice(job.width // 2 - 4, job.width // 2 + 4)
            deepest = max(float(reach(frame[job.height // 2 :])[:, middle].mean(1).sum()) for frame in shown.frames)
            yield Figure(
                trial="overlap", what=f"{substance} on {what}: deepest overlap, share of size",
                value=deepest * metres / (2 * radius) * 100, unit="%", least=0.0, most=1.0,
                source="no object through another",
            )  # fmt: skip


MEETINGS = {
    "basketball": ("A basketball hits the rim and bounces away", 2.0),
    "football": ("A football hits the post and bounces away", 1.6),
    "tennis": ("A tennis ball bounces off a brick wall", 1.5),
    "bowling": ("A bowling ball knocks over the pins", 2.5),
    "dominoes": ("A row of dominoes falls one after another", 1.5),
    "stack": ("A ball knocks over a stack of wooden blocks", 2.0),
    "breaking": ("A heavy ball smashes through a brick wall", 1.5),
    "cradle": ("Newton's cradle swings on a desk", 1.5),
    "ramp": ("Glass marbles roll down a wooden ramp", 2.0),
    "seesaw": ("A heavy crate falls on a see-saw and throws a ball into the air", 2.0),
    "objects": ("Five colourful rubber balls bounce on a wooden floor", 1.5),
    "product": ("A red soda can drops on a table", 1.5),
}
"""Families in which things hit each other: a prompt, and seconds in which they do."""
CLOSE_FPS = 300
"""Frames a second in which no contact is missed; physics takes the same steps as at 30."""
UP = 50.0
"""Metres by which what is filmed from close by is lifted, so that the camera can be as low as a floor."""


def drawn_size(solid: Solid) -> float:
    """Metres of the longest side of what is seen of a solid."""
    return float(np.ptp(mesh_of(solid).vertices, axis=0).max())


def closeup(stage: Stage, motion: physics.Motion, dent: physics.Dent, folder: Path) -> tuple[float, float]:
    """Metres by which a body is seen beyond what it hits, and its longest side; filmed along the plane between both."""
    body = tuple(solid for solid in stage.solids if dent.body in {solid.name, solid.rides})
    ink = Material(base=INK, gloss=0.0)
    size = max(drawn_size(solid) for solid in body)
    outward, up = np.array(dent.outward), np.array((0.0, 0.0, UP))
    sight = np.array((-outward[1], outward[0], 0.0)) if np.hypot(*outward[:2]) > 1e-6 else np.array((0.0, 1.0, 0.0))
    sight, place = sight / np.linalg.norm(sight), np.array(dent.place) + up
    across = np.cross(sight, outward)
    job = new_job(1 / FPS, width=320, height=180)
    scene = Stage(
        solids=tuple(dataclasses.replace(solid, material=ink, round=False) for solid in body),
        light=LIGHTS["overcast"],
        shot=Shot(
            points=place + 0.15 * size * np.array([a * across + b * outward for a in (-1, 1) for b in (-1, 1)]),
            azimuth=math.degrees(math.atan2(sight[1], sight[0])),
            elevation=0.0,
            field_of_view=6.0,
        ),
        ground=Material(base=(0.42, 0.43, 0.44), gloss=0.0),
    )
    lifted = motion.poses[dent.frame : dent.frame + 1].copy()
    lifted[:, :, 2] += UP
    pressed = [
        dataclasses.replace(one, frame=0, place=(one.place[0], one.place[1], one.place[2] + UP))
        for one in motion.dents
        if one.frame == dent.frame
    ]
    alone = dataclasses.replace(
        motion,
        poses=lifted,
        present=motion.present[dent.frame : dent.frame + 1],
        dents=tuple(pressed),
        sheets=(),
    )
    picture = Picture(
        scene, alone, wish=CameraWish(), style=STYLES["sharp"],
        width=job.width, height=job.height, fps=FPS, seed=0, device="cpu",
    )  # fmt: skip
    path = folder / "close.mp4"
    with Encoder(path, width=job.width, height=job.height, fps=FPS) as encoder:
        encoder.write(picture.frame(0)[None])
    rows, columns = np.nonzero(reach(decoded(path)[0]))
    camera = picture.cameras[0]
    metres = 2 * camera.tangent * float(np.linalg.norm(place - camera.eye)) / job.height
    middle = camera.project(place[None], job.width / job.height)[0]
    beside = (columns + 0.5 - (middle[0] + 1) / 2 * job.width) * metres
    above = ((1 - middle[1]) / 2 * job.height - rows - 0.5) * metres
    beyond = beside * float(camera.right @ outward) + above * float(camera.up @ outward)
    return max(0.0, float(beyond.max())), size


def meet(folder: Path) -> Iterator[Figure]:
    """How far things are seen in each other where they hit hardest in the scenes of families."""
    for family, (prompt, seconds) in MEETINGS.items():
        scene = reading.read(prompt)
        assert scene.family == family, f"{prompt!r} is read as {scene.family}"
        stage = families.build(scene, seed=1, seconds=seconds)
        motion = physics.simulate(
            stage.solids,
            floor=stage.ground_substance if stage.ground is not None else None,
            frames=round(seconds * CLOSE_FPS),
            fps=CLOSE_FPS,
            tempo=stage.tempo,
            wind=stage.wind,
        )
        sizes = {solid.name: drawn_size(solid) for solid in stage.solids}
        deep: dict[int, physics.Dent] = {}
        for dent in sorted(motion.dents, key=lambda dent: -dent.depth / sizes[dent.body]):
            deep.setdefault(dent.frame, dent)
        looked = [closeup(stage, motion, dent, folder) for dent in list(deep.values())[:4]]
        rigid = max((dent.depth / sizes[dent.body] * 100 for dent in deep.values()), default=0.0)
        yield Figure(
            trial="meet", what=f"{family}: deepest overlap seen, share of size; were all rigid {rigid:.1f} %",
            value=100 * max((beyond / size for beyond, size in looked), default=0.0), unit="%", least=0.0, most=1.0,
            source="no object through another",
        )  # fmt: skip


def throw(folder: Path) -> Iterator[Figure]:
    thrown = ball("tennis ball", 0.06, height=0.5, velocity=(3.6, 0.0, 5.4), x=-2.0)
    stage = laboratory((thrown,), low=(-2.4, 0, 0.0), high=(2.4, 0, 2.6))
    shown = film(Take(new_job(1.1), Scene(family="objects"), stage, device="cpu"), folder)
    way = track(shown)
    air = flights(way)[0]
    times, x, z = shown.times[air], way[air, 0], way[air, 1]
    curve, line = parabola(times, z), np.polyfit(times, x, 1)
    off = np.hypot(z - np.polyval(curve, times), x - np.polyval(line, times))
    span = float(np.ptp(x))
    for what, value, unit, least, most, source in (
        ("g", -2 * curve[0], "m/s²", 0.99 * G, 1.01 * G, "9.81 m/s²"),
        ("level speed", line[0], "m/s", 3.6 * 0.99, 3.6 * 1.01, "3.6 m/s at the throw"),
        ("root mean square off a parabola, of its reach", math.sqrt((off**2).mean()) / span * 100, "%", 0, 0.5, "0"),
    ):
        yield Figure(trial="throw", what=what, value=float(value), unit=unit, least=least, most=most, source=source)


def pendulum(folder: Path) -> Iterator[Figure]:
    length, radius, start = 1.2, 0.08, math.radians(12)
    bob = Solid(
        name="bob", shape=Shape.SPHERE, size=(radius,), substance="steel", material=Material(base=INK, gloss=0.0),
        position=(0.0, 0.0, 0.5),
        joint=Joint(kind=JointKind.HINGE, anchor=(0.0, 0.0, length), axis=(0.0, 1.0, 0.0), start=start),
    )  # fmt: skip
    stage = laboratory((bob,), low=(-1.2, 0, 0.0), high=(1.2, 0, 1.4))
    shown = film(Take(new_job(6.0, width=480, height=270), Scene(family="objects"), stage, device="cpu"), folder)
    x, times = track(shown)[:, 0], shown.times
    passed = [k for k in range(len(x) - 1) if x[k] * x[k + 1] < 0]
    zero = [times[k] - x[k] * (times[k + 1] - times[k]) / (x[k + 1] - x[k]) for k in passed]
    period = 2 * float(np.polyfit(np.arange(len(zero)), zero, 1)[0])
    small = 2 * math.pi * math.sqrt((length**2 + 0.4 * radius**2) / (G * length))
    law = small * (1 + start**2 / 16)
    yield Figure(
        trial="pendulum", what="period", value=period, unit="s", least=0.99 * law, most=1.01 * law,
        source="2π √(I / m g l) (1 + θ² / 16)",
    )  # fmt: skip


def sync(folder: Path) -> Iterator[Figure]:
    late = []
    for seed, (substance, radius, height) in enumerate(
        [("basketball", 0.12, 1.6), ("tennis ball", 0.08, 2.0), ("superball", 0.10, 1.2)]
    ):
        stage = laboratory(
            (ball(substance, radius, height=height),), low=(-1.5, 0, 0.0), high=(1.5, 0, height + 3 * radius)
        )
        shown = film(
            Take(new_job(2.6, seed=seed, width=640, height=360), Scene(family="objects"), stage, device="cpu"), folder
        )
        way = track(shown)
        air = flights(way)
        curves = [parabola(shown.times[one], way[one, 1]) for one in air]
        met = [
            meeting(one, two, float(shown.times[run.start]) - 1.5 / FPS, radius)
            for one, two, run in zip(curves, curves[1:], air[1:], strict=False)
        ]
        heard = onsets(shown.sound, len(met) + 4)
        late += [float(heard[np.argmin(np.abs(heard - time))] - time) for time in met]
    size = np.abs(late) * 1000
    source = "ITU-R BT.1359: +45 / −125 ms are just detectable"
    yield Figure(
        trial="sync", what="onset from contact, mean", value=size.mean(), unit="ms", least=0, most=5, source=source
    )
    yield Figure(
        trial="sync", what=f"onset from contact, worst of {len(late)}", value=size.max(), unit="ms", least=0,
        most=500 / FPS, source="half a frame",
    )  # fmt: skip


def waves(folder: Path) -> Iterator[Figure]:
    """How often a swell passes a place, and how fast it runs on: the beat of the water's brightness and its lag.

    It is seen from far, for what of a wave is bright hangs on the angle under which it is seen, and at twice its pace.
    """
    for wavelength in (2.0, 5.0):
        wave = Wave(wavelength=wavelength, heading=0.0, amplitude=0.06 * wavelength, phase=0.0)
        span = 2.4 * wavelength
        points = np.array([(x, y, 0.0) for x in (-span, span) for y in (-span / 2, span / 2)])
        stage = Stage(
            solids=(),
            light=LIGHTS["day"],
            shot=Shot(points=points, azimuth=-50.0, elevation=40.0, field_of_view=10.0),
            waves=(wave,),
            ambience=("shore",),
            tempo=2.0,
        )
        job = new_job(4.0, width=320, height=180)
        shown = film(Take(job, Scene(family="ocean"), stage, device="cpu"), folder)
        luma, times = shown.frames.astype(np.float32).mean(-1), stage.tempo * shown.times
        places = np.stack([np.linspace(-span, span, 64), np.zeros(64), np.zeros(64)], 1)
        seen = np.zeros((len(luma), len(places)))
        # Along a crest, where the swell is the same and the ripples on it are not.
        for aside in np.linspace(-span / 2, span / 2, 9):
            on = shown.camera.project(places + np.array((0.0, aside, 0.0)), job.width / job.height)
            columns = np.clip((on[:, 0] + 1) / 2 * job.width, 0, job.width - 1).astype(int)
            rows = np.clip((1 - on[:, 1]) / 2 * job.height, 0, job.height - 1).astype(int)
            seen += luma[:, rows, columns]
        law = math.sqrt(2 * math.pi * wavelength / G)
        periods = np.linspace(0.7, 1.4, 1401) * law
        window = np.hanning(len(seen))[:, None]
        beats = np.exp(2j * np.pi / periods[:, None] * times) @ ((seen - seen.mean(0)) * window)
        best = int(np.argmax((np.abs(beats) ** 2).sum(1)))
        speed = wavelength / law
        speeds = np.linspace(0.7, 1.4, 1401) * speed
        lags = np.exp(2j * np.pi * places[:, 0] / (speeds[:, None] * periods[best]))
        tapered = np.hanning(len(places)) * beats[best]
        found = float(speeds[np.argmax(np.maximum(np.abs(lags @ tapered), np.abs(lags.conj() @ tapered)))])
        yield Figure(
            trial="waves", what=f"period of a swell of {wavelength:g} m", value=float(periods[best]), unit="s",
            least=0.98 * law, most=1.02 * law, source="deep water: √(2π λ / g)",
        )  # fmt: skip
        yield Figure(
            trial="waves", what=f"speed of a swell of {wavelength:g} m", value=found, unit="m/s",
            least=0.98 * speed, most=1.02 * speed, source="deep water: √(g λ / 2π)",
        )  # fmt: skip


PROMPT = "A basketball player misses a three-pointer, the ball hits the backboard"


def again(folder: Path) -> Iterator[Figure]:
    def digest(seed: int) -> str:
        return film(take(new_job(1.0, prompt=PROMPT, seed=seed, width=320, height=180), device="cpu"), folder).digest

    first = digest(1)
    yield Figure(
        trial="again",
        what="same seed, other bytes",
        value=float(digest(1) != first),
        unit="",
        least=0,
        most=0,
        source="",
    )
    yield Figure(
        trial="again",
        what="other seed, same bytes",
        value=float(digest(2) == first),
        unit="",
        least=0,
        most=0,
        source="",
    )


def flicker(folder: Path) -> Iterator[Figure]:
    shown = film(take(new_job(2.0, prompt=PROMPT, seed=3), device="cpu"), folder)
    luma = shown.frames.astype(np.float32) @ np.array((0.2126, 0.7152, 0.0722), np.float32)
    step = np.abs(np.diff(luma, axis=0))
    still = np.median(step, axis=0) < 4  # where something moves most of the time is no static pixel
    calm = step[:, still]
    yield Figure(
        trial="flicker", what="mean change of a static pixel between frames", value=float(np.median(calm.mean(1))),
        unit="levels", least=0, most=0.5, source="1 level of 255 is below what is seen",
    )  # fmt: skip


TRIALS: dict[str, Callable[[Path], Iterator[Figure]]] = {
    trial.__name__: trial for trial in (fall, bounce, roll, overlap, meet, throw, pendulum, sync, waves, again, flicker)
}


def table(figures: list[Figure]) -> str:
    """For people."""
    lines = [f"{'trial':9} {'':3} {'value':>9}  {'should be':19}  what"]
    for one in figures:
        limits = f"{one.least:.4g} … {one.most:.4g} {one.unit}"
        lines.append(
            f"{one.trial:9} {'ok' if one.holds else 'NO':3} {one.value:9.4g}  {limits:19}  {one.what} ({one.source})"
        )
    held = sum(one.holds for one in figures)
    return "\n".join([*lines, f"{held} of {len(figures)} figures hold."])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=TRIALS, nargs="+", default=list(TRIALS), help="trials to run (default: all)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of the table")
    parser.add_argument("--cache", type=Path, help="where compiled kernels are kept (default: where the engine does)")
    given = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="world-truth-") as folder:
        kernels.prepare(given.cache or settings.load().cache, "cpu")
        for name in given.only:
            figures += TRIALS[name](Path(folder))
            print(f"{name}: done", file=sys.stderr)
    print(
        json.dumps([{**{k: getattr(f, k) for k in f.__slots__}, "holds": f.holds} for f in figures], indent=1)
        if given.json
        else table(figures)
    )
    return 0 if all(one.holds for one in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
