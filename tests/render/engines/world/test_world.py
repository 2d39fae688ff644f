import functools
import hashlib
import itertools
import subprocess
import sys

import numpy as np
import pytest

from render.engines.abstract_suite import EngineSuite, make_job
from render.engines.contract import SAMPLE_RATE, Bench, Cancel
from render.engines.world import WorldEngine
from render.model import Failure, Footage

PROMPTS = {
    "basketball": "A basketball player misses a three-pointer, the ball hits the backboard and bounces realistically",
    "objects": "Wooden crates and rubber balls fall and collide",
    "ocean": "Ocean waves interact with rocky coastline in a physically accurate manner",
    "product": "A red soda can rotates on a turntable",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory, kernel_cache):
    with WorldEngine(Bench(device="cpu", scratch=tmp_path_factory.mktemp("scratch"), cache=kernel_cache)) as opened:
        yield opened


@functools.cache
def make(engine, **changes):
    """Frames and finish of a clip, which several tests look at."""
    (footage,) = engine.generate([make_job(WorldEngine, **changes)], cancel=Cancel(), progress=lambda *_: None)
    assert isinstance(footage, Footage), footage
    return np.concatenate(list(footage.frames)), footage.finish()


class TestWorldContract(EngineSuite):
    engine = WorldEngine

    @pytest.fixture
    def opened(self, tmp_path, kernel_cache):
        with WorldEngine(Bench(device="cpu", scratch=tmp_path, cache=kernel_cache)) as engine:
            yield engine


STYLES = ("realistic", "cinematic", "anime")
TALL = dict(zip(PROMPTS, itertools.cycle(STYLES), strict=False))
"""A style for each family in which it is drawn upright too."""


@pytest.mark.parametrize(
    ("family", "style", "width", "height"),
    [
        *((family, style, 64, 64) for family in PROMPTS for style in STYLES),
        *((family, style, 96, 170) for family, style in TALL.items()),
    ],
)
def test_each_family_in_each_style_is_drawn(engine, family, style, width, height):
    prompt = PROMPTS[family]
    frames, finish = make(engine, prompt=prompt, style=style, width=width, height=height, duration_ms=500, fps=8)
    assert frames.shape == (4, height, width, 3)
    assert frames.std() > 8
    assert any((one != two).any() for one, two in itertools.pairwise(frames))
    assert finish.understanding.scene == family
    assert not finish.understanding.fallback


def test_styles_look_different(engine):
    looks = [make(engine, prompt=PROMPTS["objects"], style=s)[0][-1] for s in STYLES]
    for one in range(3):
        for two in range(one):
            assert np.abs(looks[one].astype(int) - looks[two]).mean() > 8


def test_a_style_does_not_change_what_happens(engine):
    one, two = (make(engine, prompt=PROMPTS["objects"], style=style)[1] for style in ("realistic", "anime"))
    assert one.events == two.events


@pytest.mark.parametrize("prompt", PROMPTS.values())
def test_the_sound_is_healthy(engine, prompt):
    _, finish = make(engine, prompt=prompt, duration_ms=2500, width=64, height=64, fps=8)
    assert 0.1 < np.abs(finish.sound).max() < 0.95
    assert np.sqrt((finish.sound**2).mean()) > 0.02


def test_a_contact_is_heard_when_it_happens(engine):
    _, finish = make(engine, prompt=PROMPTS["basketball"], duration_ms=2500, width=64, height=64, fps=8)
    first = next(event for event in finish.events if event.name.startswith("contact"))
    before = finish.sound[: round((first.time_s - 0.01) * SAMPLE_RATE)]
    loud = np.abs(finish.sound).max(axis=1) > 3 * np.abs(before).max()
    assert abs(loud.argmax() / SAMPLE_RATE - first.time_s) < 0.005


@pytest.mark.slow
def test_another_process_makes_the_same_bytes(engine, tmp_path):
    frames, finish = make(engine, prompt=PROMPTS["objects"])
    script = (
        "import hashlib, pathlib, numpy as np\n"
        "from render.engines.abstract_suite import make_job\n"
        "from render.engines.contract import Bench, Cancel\n"
        "from render.engines.world import WorldEngine\n"
        f"scratch, cache = pathlib.Path({str(tmp_path)!r}), pathlib.Path({str(engine.bench.cache)!r})\n"
        "with WorldEngine(Bench(device='cpu', scratch=scratch, cache=cache)) as engine:\n"
        f"    job = make_job(WorldEngine, prompt={PROMPTS['objects']!r})\n"
        "    (made,) = engine.generate([job], cancel=Cancel(), progress=lambda *_: None)\n"
        "    digest = hashlib.sha256(np.concatenate(list(made.frames)).tobytes())\n"
        "    digest.update(made.finish().sound.tobytes())\n"
        "print(digest.hexdigest())\n"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.split() == [hashlib.sha256(frames.tobytes() + finish.sound.tobytes()).hexdigest()]
    assert other.stderr == ""


def test_a_style_that_is_not_known_fails_for_good(engine):
    (item,) = engine.generate([make_job(WorldEngine, style="sepia")], cancel=Cancel(), progress=lambda *_: None)
    assert isinstance(item, Failure)
    assert item.permanent
    assert "anime" in item.reason


def test_naming_the_engine_loads_nothing_heavy():
    script = (
        "import sys\nfrom render.engines import registry\nregistry.find('world').capabilities\n"
        "print([m for m in ('mujoco', 'warp', 'scipy', 'trimesh', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
