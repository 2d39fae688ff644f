"""How fast the simulated world is drawn: CPU-milliseconds a frame on one core, and what else a worker spends.

Figures of ``static``, ``moving``, ``anime``, ``cinematic`` and ``water`` are the median over the scene families and the
worst of them, of the frames that follow the first; a clip's first frame and what is drawn once for it are apart.

    python benchmarks/world_speed.py
    python benchmarks/world_speed.py --json --only moving water

``embree`` and ``cycles`` compare with other renderers where ``embreex`` and ``bpy`` can be imported, which the project
does not need: ``pip install --no-deps --target FOLDER embreex bpy`` and ``PYTHONPATH=FOLDER`` do for both.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import multiprocessing
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import warp as wp
from numpy.typing import NDArray

from render.engines.world import families, geometry, kernels, physics, reading
from render.engines.world.scene import CameraWish
from render.engines.world.shot import Move
from render.engines.world.take import Take
from render.engines.world.tracer import tree_kernels
from render.engines.world.tracer.picture import Picture
from render.engines.world.tracer.soup import mesh_of, poses_of, turned
from render.engines.world.tracer.tree import Tree
from render.engines.world.tracer.tree_kernels import nearest_in
from render.model import Job

WIDTH, HEIGHT, FPS = 854, 480, 24
SECONDS = 3.0
"""Length of a measured clip."""
FIRST, LAST = 20, 32
"""The frames that are timed; two before them settle what is carried from frame to frame."""

LAND = {
    "basketball": "A basketball misses off the backboard in a gym",
    "bowling": "A bowling ball rolls down the lane and knocks all pins over",
    "breaking": "A vase falls from a table and breaks into pieces",
    "cloth": "A blue flag waves in a strong wind on a meadow",
    "cradle": "Newton's cradle swings on a desk",
    "dominoes": "A long curve of dominoes falls over in a workshop",
    "football": "A football hits the post and bounces away",
    "objects": "Five colourful rubber balls bounce on a street",
    "pendulum": "A pendulum swings in a room",
    "product": "A perfume bottle on a turntable in soft studio light",
    "ramp": "Glass marbles roll down a wooden ramp",
    "seesaw": "A heavy crate falls on a see-saw and throws a ball into the air in a park",
    "stack": "A tower of wooden crates collapses in a yard",
    "tennis": "A tennis ball bounces off a brick wall",
    "vehicles": "A truck drives through the desert and raises dust",
}
"""A prompt for each family without water."""
WATERS = {
    "boat": "A sailing boat on the sea",
    "lake": "A stone falls into a quiet lake",
    "ocean": "Ocean waves crash against a rocky coast",
    "stream": "A stream runs between mossy stones in a forest",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure beside its limits."""

    trial: str
    what: str
    value: float
    unit: str
    least: float = -math.inf
    most: float = math.inf

    @property
    def holds(self) -> bool:
        return bool(self.least <= self.value <= self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shoot:
    """What is measured together."""

    style: str
    prompts: dict[str, str]
    moves: tuple[Move, ...]
    """Of the camera, each with every prompt."""
    most: float
    """CPU-ms a frame."""


SHOOTS = {
    "static": Shoot(style="realistic", prompts=LAND, moves=(Move.STATIC,), most=180),
    "moving": Shoot(style="realistic", prompts=LAND, moves=(Move.ORBIT,), most=350),
    "anime": Shoot(style="anime", prompts=LAND, moves=(Move.STATIC, Move.ORBIT), most=350),
    "cinematic": Shoot(style="cinematic", prompts=LAND | WATERS, moves=(Move.PUSH,), most=500),
    "water": Shoot(style="realistic", prompts=WATERS, moves=(Move.STATIC,), most=260),
}


def new_job(prompt: str, *, style: str = "realistic", seconds: float = SECONDS, width: int, height: int) -> Job:
    return Job(
        fingerprint="0" * 64,
        prompt=prompt,
        negative_prompt="",
        style=style,
        duration_ms=round(seconds * 1000),
        width=width,
        height=height,
        fps=FPS,
        seed=1,
        engine="world",
        engine_revision="",
    )


def new_take(
    prompt: str,
    move: str,
    *,
    style: str = "realistic",
    seconds: float = SECONDS,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Take:
    """The take of a prompt under a camera that moves in this way."""
    job = new_job(prompt, style=style, seconds=seconds, width=width, height=height)
    scene = replace(reading.read(prompt), camera=CameraWish(move=move))
    return Take(job, scene, families.build(scene, seed=job.seed, seconds=job.seconds), device="cpu")


def frame_ms(picture: Picture) -> float:
    """Mean CPU-ms of a frame."""
    for index in (FIRST - 2, FIRST - 1):
        picture.frame(index)
    began = time.process_time()
    for index in range(FIRST, LAST):
        picture.frame(index)
    return (time.process_time() - began) / (LAST - FIRST) * 1000


def drawing(trial: str) -> Iterator[Figure]:
    """CPU-ms a frame: each family's, their median and the worst."""
    shoot, found = SHOOTS[trial], []
    for move in shoot.moves:
        for family, prompt in shoot.prompts.items():
            found.append(frame_ms(new_take(prompt, move, style=shoot.style).picture))
            what = f"{family}, {move}"
            yield Figure(trial=trial, what=what, value=found[-1], unit="ms")
    for what, value in (("median", statistics.median(found)), ("worst", max(found))) if found else ():
        yield Figure(trial=trial, what=what, value=value, unit="ms", most=shoot.most)


def besides(trial: str) -> Iterator[Figure]:
    """CPU time of simulation and sound over that of the picture, for clips of three seconds, of a warm worker.

    The picture's is of its frames and of what is drawn once for it.
    """
    for family, prompt in (LAND | WATERS).items():
        job = new_job(prompt, width=WIDTH, height=HEIGHT)
        reading.read(prompt)
        began = time.process_time()
        stage = families.build(reading.read(prompt), seed=job.seed, seconds=job.seconds)
        floor = stage.ground_substance if stage.ground is not None else None
        physics.simulate(
            stage.solids, floor=floor, frames=job.frames, fps=job.fps, tempo=stage.tempo, waves=stage.waves,
            cloths=stage.cloths, wind=stage.wind,
        )  # fmt: skip
        apart = time.process_time() - began
        began = time.process_time()
        taken = new_take(prompt, Move.STATIC)
        once = max(0.0, time.process_time() - began - apart)
        began = time.process_time()
        taken.finish()
        apart += time.process_time() - began
        drawn = once + frame_ms(taken.picture) * job.frames / 1000
        yield Figure(trial=trial, what=f"{family}: drawn once a clip", value=once, unit="s")
        yield Figure(trial=trial, what=f"{family}: of the picture's", value=apart / drawn * 100, unit="%", most=10)


FIRST_FRAME = """
import pickle, sys, time
from pathlib import Path
from render.engines.contract import Bench, Cancel
from render.engines.world import WorldEngine
cache = Path(sys.argv[1])
with WorldEngine(Bench(device="cpu", scratch=cache, cache=cache)) as engine:
    job = pickle.load(sys.stdin.buffer)
    (made,) = engine.generate([job], cancel=Cancel(), progress=lambda *_: None)
    next(made.frames)
print(time.process_time())
"""
"""What a worker does from its start to the first frames of its first job; it prints the CPU-seconds."""


def _draw(cache: str, start: Any, answers: Any) -> None:
    """Draw for a while once ``start`` opens; the seconds that it took."""
    kernels.prepare(Path(cache), "cpu")
    picture = new_take(LAND["stack"], Move.ORBIT).picture
    picture.frame(0)
    start.wait()
    began = time.perf_counter()
    for index in range(1, 41):
        picture.frame(index)
    answers.put(time.perf_counter() - began)


def _fill(cache: str, prompt: str, style: str, seconds: float, answers: Any) -> None:
    """Make a clip of 1280x720 whole; the process's largest resident size in GiB."""
    kernels.prepare(Path(cache), "cpu")
    taken = new_take(prompt, "", style=style, seconds=seconds, width=1280, height=720)
    for index in range(0, taken.job.frames, 12):
        taken.picture.frame(index)
    taken.finish()
    # Not ru_maxrss: a child begins with its parent's.
    [peak] = [
        line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    ]
    answers.put(int(peak) / 2**20)


def _apart(work: Callable[..., None], *given: Any, count: int = 1, gate: bool = False) -> list[float]:
    """What each of ``count`` new processes answers; with ``gate`` they begin together."""
    context = multiprocessing.get_context("spawn")
    answers, start = context.Queue(), context.Barrier(count)
    given = (*given, start) if gate else given
    workers = [context.Process(target=work, args=(*given, answers)) for _ in range(count)]
    for worker in workers:
        worker.start()
    found = [answers.get(timeout=600) for _ in workers]
    for worker in workers:
        worker.join()
    return found


def _cache() -> str:
    """Where this process's kernels are kept, as :func:`kernels.prepare` takes it: Warp adds its version."""
    kept = Path(wp.config.kernel_cache_dir)
    return str(next(folder.parent for folder in (kept, *kept.parents) if (folder / "build.lock").exists()))


def cold(trial: str) -> Iterator[Figure]:
    """From nothing to the first frames of a clip, kernels cached."""
    job = pickle.dumps(new_job(LAND["basketball"], width=WIDTH, height=HEIGHT))
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", FIRST_FRAME, _cache()], input=job, stdout=subprocess.PIPE, check=True)
    taken, spent = time.perf_counter() - began, float(done.stdout)
    yield Figure(trial=trial, what="first frame of a new process, wall", value=taken, unit="s", most=3)
    yield Figure(trial=trial, what="first frame of a new process, CPU", value=spent, unit="s", most=3)


def scaling(trial: str) -> Iterator[Figure]:
    """Frames a second of two workers at once over twice those of one alone."""
    cache = _cache()
    alone = _apart(_draw, cache, gate=True)[0]
    both = _apart(_draw, cache, count=2, gate=True)
    yield Figure(trial=trial, what="two workers over twice one", value=alone / max(both), unit="", least=0.9)


def memory(trial: str) -> Iterator[Figure]:
    """Peak resident size of a worker, whose clip is 1280x720."""
    cache = _cache()
    for prompt, style, seconds in (
        (LAND["basketball"], "anime", 4.0),
        (WATERS["ocean"], "cinematic", 4.0),
        (LAND["stack"], "cinematic", 20.0),
    ):
        what = f"{style}, {seconds:g} s: {prompt}"
        value = _apart(_fill, cache, prompt, style, seconds)[0]
        yield Figure(trial=trial, what=what, value=value, unit="GiB", most=1.2)


@wp.kernel(enable_backward=False)
def strike_all(
    tree: tree_kernels.Tree,
    origins: wp.array[wp.vec3],
    directions: wp.array[wp.vec3],
    distances: wp.array[wp.float32],
) -> None:
    i = wp.tid()
    met = nearest_in(tree, origins[i], directions[i], 1.0e4)
    distances[i] = -1.0
    if met[3] >= 0.0:
        distances[i] = met[0]


@wp.kernel(enable_backward=False)
def strike_all_by_warp(
    mesh: wp.uint64,
    origins: wp.array[wp.vec3],
    directions: wp.array[wp.vec3],
    distances: wp.array[wp.float32],
) -> None:
    i = wp.tid()
    query = wp.mesh_query_ray(mesh, origins[i], directions[i], 1.0e4)
    distances[i] = -1.0
    if query.result:
        distances[i] = query.t


def _lacks(trial: str, module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError as error:
        print(f"{trial}: left out, for {module} cannot be imported ({error}).", file=sys.stderr)
        return True
    return False


def _standing(taken: Take) -> geometry.Mesh:
    """All solids of the take in one mesh, as in the middle of the clip."""
    motion, pieces = taken.motion, []
    for solid in taken.stage.solids:
        pose, shape = poses_of((solid,))[0], mesh_of(solid)
        name = solid.rides or solid.name
        if name in motion.names:
            pose = motion.poses[FIRST, motion.names.index(name)]
        pieces.append(replace(shape, vertices=turned(shape.vertices, pose)))
    return geometry.join(pieces)


def _rays(taken: Take, mesh: geometry.Mesh) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A ray through every pixel's middle, and from what it meets one that is scattered: half of each."""
    seen = taken.picture.cameras[FIRST]
    x = (np.arange(WIDTH) + 0.5 - WIDTH / 2) * 2 * seen.tangent / HEIGHT
    y = (HEIGHT / 2 - np.arange(HEIGHT) - 0.5) * 2 * seen.tangent / HEIGHT
    ways = seen.forward + x[None, :, None] * seen.right + y[:, None, None] * seen.up
    ways = (ways / np.linalg.norm(ways, axis=-1, keepdims=True)).reshape(-1, 3)
    met = np.abs(_ours(mesh, np.repeat(seen.eye[None], len(ways), 0), ways)[0])
    scattered = np.random.default_rng(1).normal(size=ways.shape)
    scattered /= np.linalg.norm(scattered, axis=1, keepdims=True)
    starts = np.concatenate([np.repeat(seen.eye[None], len(ways), 0), seen.eye + ways * met[:, None] * 0.999])
    return starts.astype(np.float32), np.concatenate([ways, scattered]).astype(np.float32)


def _ours(
    mesh: geometry.Mesh, origins: Any, directions: Any, *, by_warp: bool = False
) -> tuple[NDArray[np.float32], float]:
    """Distances (−1: none) and the CPU-seconds, by the engine's tree or by Warp's own."""
    points = wp.array(mesh.vertices, dtype=wp.vec3, device="cpu")
    indices = wp.array(mesh.faces.ravel(), dtype=wp.int32, device="cpu")
    starts, ways = (wp.array(one, dtype=wp.vec3, device="cpu") for one in (origins, directions))
    out = wp.zeros(len(origins), dtype=wp.float32, device="cpu")
    if by_warp:
        tree: Any = wp.Mesh(points, indices, bvh_leaf_size=8)
        kernel, handle = strike_all_by_warp, tree.id
    else:
        tree = Tree(points, indices)
        kernel, handle = strike_all, tree.struct
    began = time.process_time()
    wp.launch(kernel, len(origins), [handle, starts, ways, out], device="cpu")
    return out.numpy(), time.process_time() - began


def embree(trial: str) -> Iterator[Figure]:
    """Rays a second on the basketball scene's mesh, on one thread: Embree's, the engine's and Warp's own tree."""
    if _lacks(trial, "embreex.rtcore_scene"):
        return
    construction = importlib.import_module("embreex.mesh_construction")
    scenes = importlib.import_module("embreex.rtcore_scene")
    taken = new_take(LAND["basketball"], Move.STATIC)
    mesh = _standing(taken)
    starts, ways = _rays(taken, mesh)
    scene = scenes.EmbreeScene()
    construction.TriangleMesh(scene, np.ascontiguousarray(mesh.vertices[mesh.faces], np.float32))
    scene.run(starts[:9], ways[:9])
    theirs, mine, warps = [], [], []
    for _ in range(5):
        began = time.process_time()
        found = scene.run(starts, ways, query="DISTANCE")
        theirs.append(time.process_time() - began)
        distances, spent = _ours(mesh, starts, ways)
        mine.append(spent)
        warps.append(_ours(mesh, starts, ways, by_warp=True)[1])
    agree = ((found < 1e4) == (distances > 0)).mean()
    rate = len(starts) / np.array((min(theirs), min(mine), min(warps))) / 1e6
    yield Figure(trial=trial, what=f"Embree, {len(mesh.faces)} triangles", value=rate[0], unit="M/s")
    yield Figure(trial=trial, what="ours", value=rate[1], unit="M/s")
    yield Figure(trial=trial, what="Warp's own", value=rate[2], unit="M/s")
    yield Figure(trial=trial, what="rays that agree", value=agree * 100, unit="%", least=99)
    yield Figure(trial=trial, what="ours over Embree's", value=rate[1] / rate[0] * 100, unit="%", least=60)


def cycles(trial: str) -> Iterator[Figure]:
    """CPU time of a frame of the basketball scene by Blender Cycles over ours; 4 samples, denoised, one thread."""
    if _lacks(trial, "bpy"):
        return
    bpy: Any = importlib.import_module("bpy")
    taken = new_take(LAND["basketball"], Move.STATIC)
    _stage_in_blender(bpy, taken)
    with tempfile.TemporaryDirectory(prefix="world-speed-") as folder:
        bpy.context.scene.render.filepath = str(Path(folder) / "frame.png")
        spent = []
        for _ in range(2):
            began = time.process_time()
            bpy.ops.render.render(write_still=True)
            spent.append((time.process_time() - began) * 1000)
    theirs = min(spent)
    yield Figure(trial=trial, what="Cycles", value=theirs, unit="ms")
    for move in (Move.STATIC, Move.ORBIT):
        mine = frame_ms(new_take(LAND["basketball"], move).picture)
        yield Figure(trial=trial, what=f"Cycles over ours, {move}", value=theirs / mine, unit="", least=15)


def _stage_in_blender(bpy: Any, taken: Take) -> None:
    """The solids in plain colours under the same sun and sky, before the same camera."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    motion, light, seen = taken.motion, taken.stage.light, taken.picture.cameras[FIRST]
    solids = list(taken.stage.solids)
    for solid in solids:
        name = solid.rides or solid.name
        pose, shape = poses_of((solid,))[0], mesh_of(solid)
        if name in motion.names:
            pose = motion.poses[FIRST, motion.names.index(name)]
        _add(bpy, turned(shape.vertices, pose), shape.faces, solid.material.base, solid.material.mirror)
    if taken.stage.ground is not None:
        square = 200.0 * np.array(((-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)), np.float32)
        ground = taken.stage.ground
        _add(bpy, square, np.array(((0, 1, 2), (0, 2, 3))), ground.base, ground.mirror)
    mathutils: Any = importlib.import_module("mathutils")
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle = max(light.sun), 2 * light.softness
    sun = bpy.data.objects.new("sun", lamp)
    sun.rotation_euler = mathutils.Vector(light.direction).to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("sky")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (*light.ambient, 1.0)
    lens = bpy.data.cameras.new("eye")
    lens.sensor_fit, lens.angle = "VERTICAL", 2 * math.atan(seen.tangent)
    eye = bpy.data.objects.new("eye", lens)
    axes = np.stack([seen.right, seen.up, -seen.forward], axis=1)
    eye.matrix_world = mathutils.Matrix.Translation(seen.eye) @ mathutils.Matrix(axes).to_4x4()
    scene.collection.objects.link(eye)
    scene.camera = eye
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 4, True
    scene.cycles.use_adaptive_sampling = False
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.use_persistent_data = True


def _add(bpy: Any, points: Any, faces: Any, base: tuple[float, float, float], mirror: float) -> None:
    mesh = bpy.data.meshes.new("part")
    mesh.from_pydata(points.tolist(), [], faces.tolist())
    paint = bpy.data.materials.new("paint")
    paint.use_nodes = True
    inputs = paint.node_tree.nodes["Principled BSDF"].inputs
    inputs["Base Color"].default_value = (*base, 1.0)
    inputs["Roughness"].default_value = 0.15 if mirror > 0 else 0.8
    mesh.materials.append(paint)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("part", mesh))


TRIALS: dict[str, Callable[[str], Iterator[Figure]]] = {
    **dict.fromkeys(SHOOTS, drawing),
    **{trial.__name__: trial for trial in (besides, cold, scaling, memory, embree, cycles)},
}


def table(figures: list[Figure]) -> str:
    """For people."""
    lines = [f"{'trial':10} {'':3} {'value':>9}  {'limit':14}  what"]
    for one in figures:
        limited = math.isfinite(one.least) or math.isfinite(one.most)
        limit = f"≥ {one.least:g}" if math.isfinite(one.least) else f"≤ {one.most:g}" if limited else ""
        mark = ("ok" if one.holds else "NO") if limited else ""
        lines.append(f"{one.trial:10} {mark:3} {one.value:9.4g}  {f'{limit} {one.unit}':14}  {one.what}")
    return "\n".join(lines)


def as_json(figures: list[Figure]) -> str:
    """For programs: a limit that there is not is null."""
    rows = [
        {k: None if v in (math.inf, -math.inf) else v for k, v in asdict(one).items()} | {"holds": one.holds}
        for one in figures
    ]
    return json.dumps(rows, indent=1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=TRIALS, nargs="+", default=list(TRIALS), help="trials to run (default: all)")
    parser.add_argument("--families", nargs="+", help="of static, moving, anime, cinematic, water (default: all)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of the table")
    parser.add_argument("--cache", type=Path, help="where compiled kernels are kept (default: made anew)")
    given = parser.parse_args()
    if given.families:
        for name, shoot in SHOOTS.items():
            SHOOTS[name] = replace(shoot, prompts={k: v for k, v in shoot.prompts.items() if k in given.families})
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="world-speed-") as folder:
        kernels.prepare(given.cache or Path(folder), "cpu")
        for name in given.only:
            for one in TRIALS[name](name):
                figures.append(one)
                print(f"{name}: {one.what}: {one.value:.4g} {one.unit}", file=sys.stderr)
    print(as_json(figures) if given.json else table(figures))
    return 0 if all(one.holds for one in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
