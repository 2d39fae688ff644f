from types import SimpleNamespace

import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.materials import Material
from render.engines.world.physics import Sheet
from render.engines.world.sound import air
from render.engines.world.sound.listener import Listener
from render.engines.world.stage import Cloth, Crack, Particles

FPS = 24
SAMPLES = 2 * SAMPLE_RATE


def rms(sound):
    return float(np.sqrt(np.mean(np.square(sound.astype(float)))))


def centre(sound):
    power = np.abs(np.fft.rfft(sound[:, 0].astype(float))) ** 2
    return float((power * np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)).sum() / power.sum())


def waving(name="flag", speed=3.0, still_from=99):
    """A flag of 2 by 1 m whose points swing at ``speed``, until a frame."""
    time = np.minimum(np.arange(48), still_from)[:, None] / FPS
    rest = np.array([(x, 0.0, 2.0 + z) for x in np.linspace(0, 2, 6) for z in (0, 0.5, 1)])
    points = np.repeat(rest[None], 48, axis=0)
    points[:, :, 1] += speed / 12 * np.sin(12 * time + 3 * rest[:, 0])
    return Sheet(name=name, faces=np.zeros((0, 3), np.int32), vertices=points.astype(np.float32))


def hung(studio, sheet, share=0.0):
    cloth = Cloth(
        name=sheet.name,
        material=Material(base=(1, 1, 1)),
        rest=np.zeros((2, 2, 3)),
        pinned=np.zeros((2, 2), np.bool_),
        open=share,
    )
    out = np.zeros((SAMPLES, 2), np.float32)
    ears = Listener([studio.camera()] * 48, fps=FPS)
    air.cloth(sheet, studio.stage(cloths=(cloth,)), ears, out, fps=FPS, seed=1)
    return out


def test_wind_is_louder_and_brighter_by_its_speed_and_still_air_is_silent(studio):
    def blow(speed):
        return air.wind(studio.stage(wind=(speed, 0.0, 0.0)), samples=SAMPLES, seed=1)

    assert not blow(0.3).any()
    assert rms(blow(14.0)) > 3 * rms(blow(5.0)) > 9 * rms(blow(1.5))
    assert centre(blow(14.0)) > centre(blow(3.0))


def test_a_flag_is_heard_while_it_moves(studio):
    sound = hung(studio, waving(still_from=20))
    first, last = sound[: round(0.7 * SAMPLE_RATE)], sound[round(1.1 * SAMPLE_RATE) :]
    assert rms(first) > 0.003
    assert rms(last) < 0.02 * rms(first)


def test_a_fast_flag_is_louder_and_a_net_hisses(studio):
    assert rms(hung(studio, waving(speed=6.0))) > 2 * rms(hung(studio, waving(speed=2.0)))
    assert centre(hung(studio, waving(), share=0.9)) > 2 * centre(hung(studio, waving()))


def test_a_sheet_of_too_few_frames_is_silent(studio):
    short = waving()
    short = Sheet(name="flag", faces=short.faces, vertices=short.vertices[:2])
    assert not hung(studio, short).any()


def test_rain_is_heard_if_there_is_some_and_a_downpour_is_louder():
    assert not air.rain(0.0, samples=SAMPLES, seed=1).any()
    usual, heavy = (air.rain(strength, samples=SAMPLES, seed=1) for strength in (1.0, 1.7))
    assert rms(usual) > 0.01
    assert rms(heavy) > 1.3 * rms(usual)


def test_snow_takes_what_is_high_and_leaves_what_is_low():
    time = np.arange(SAMPLES) / SAMPLE_RATE
    low, high = (np.stack([np.sin(2 * np.pi * hertz * time)] * 2, 1).astype(np.float32) for hertz in (200, 6000))
    assert rms(air.hushed(low)) > 0.5 * rms(low)
    assert rms(air.hushed(high)) < 0.2 * rms(high)


def burning(side=1, cracks=()):
    puffs = SimpleNamespace(positions=np.full((5, 3), (4.0 * side, 0.0, 0.2), np.float32), radii=np.ones(5))
    fire = Particles(name="fire", emit=lambda _: lambda _: puffs, cracks=lambda _: cracks)
    return fire, fire.emit(None)


def burnt(studio, fire, cloud, tempo=1.0):
    out = np.zeros((SAMPLES, 2), np.float32)
    air.fire(fire, cloud, studio.stage(tempo=tempo), Listener([studio.camera()] * 48, fps=FPS), out, seed=1)
    return out


@pytest.mark.parametrize("side", [-1, 1])
def test_a_fire_is_heard_from_where_it_burns(studio, side):
    left, right = (rms(burnt(studio, *burning(side))[:, ear]) for ear in (0, 1))
    assert (right > 1.5 * left) == (side > 0)


@pytest.mark.parametrize("tempo", [1.0, 0.5])
def test_wood_cracks_when_its_sparks_fly(studio, tempo):
    crack = Crack(time=0.6 * tempo, position=(0.0, 0.0, 0.2), strength=1.0)
    extra = burnt(studio, *burning(cracks=(crack,)), tempo=tempo) - burnt(studio, *burning(), tempo=tempo)
    first = int(np.argmax(np.abs(extra).max(1) > 1e-3))
    assert first / SAMPLE_RATE == pytest.approx(0.6, abs=0.012)


def scraping(speed, height):
    velocities = np.tile(np.array((speed, 0, 0), np.float32), (200, 1))
    puffs = SimpleNamespace(positions=np.full((200, 3), (0, 0, height), np.float32), velocities=velocities)
    return lambda time: (
        puffs if time < 1.0 else SimpleNamespace(positions=puffs.positions, velocities=np.zeros_like(velocities))
    )


def test_leaves_rustle_while_they_scrape_over_the_ground_and_not_in_the_air(studio):
    def rustle(cloud):
        out = np.zeros((SAMPLES, 2), np.float32)
        air.leaves(cloud, studio.stage(), Listener([studio.camera()] * 48, fps=FPS), out, seed=1)
        return out

    sound = rustle(scraping(2.0, 0.01))
    assert rms(sound[: SAMPLES // 2 - 4000]) > 20 * rms(sound[SAMPLES // 2 + 4000 :])
    assert not rustle(scraping(2.0, 1.0)).any()
