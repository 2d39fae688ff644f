import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.sound import modal
from render.engines.world.sound.noise import stream
from render.engines.world.stage import Shape
from render.engines.world.substances import SUBSTANCES


def voice(name, size=0.2, pitch=1.0):
    return modal.Voice.of(SUBSTANCES[name], size=size, rng=stream(1, name), pitch=pitch)


def hit(name, size=0.2, speed=1.0, contact=0.001, number=0):
    ring = voice(name, size)
    return modal.strike(ring, ring.table(), contact=contact, speed=speed, rng=stream(2, str(number)))


def centre(sound):
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)).sum() / power.sum())


def ringing(sound):
    """Seconds until 99 % of the energy has come."""
    energy = np.cumsum(np.square(sound))
    return float(np.searchsorted(energy, 0.99 * energy[-1]) / SAMPLE_RATE)


@pytest.mark.parametrize("name", SUBSTANCES)
@pytest.mark.parametrize("size", [0.008, 0.2, 2.0])
def test_every_substance_rings_at_every_size_and_dies_away(name, size):
    sound = hit(name, size)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() > 0.01
    assert np.abs(sound[-len(sound) // 20 :]).max() < 0.05 * np.abs(sound).max()


def test_large_bodies_sound_lower_than_small_ones():
    assert centre(hit("steel", 0.5)) < 0.75 * centre(hit("steel", 0.1))


def test_steel_rings_and_wood_thuds():
    assert ringing(hit("steel")) > 4 * ringing(hit("wood"))
    assert centre(hit("steel")) > 1.5 * centre(hit("basketball"))


@pytest.mark.parametrize("name", ["wood", "steel", "glass", "basketball"])
def test_harder_hits_are_brighter(name):
    substance = SUBSTANCES[name]
    soft, hard = (
        np.mean(
            [
                centre(hit(name, speed=v, contact=modal.contact_time(substance, substance, speed=v), number=n))
                for n in range(4)
            ]
        )
        for v in (0.2, 8.0)
    )
    assert hard > 1.1 * soft


def test_the_softer_body_decides_how_long_a_contact_is():
    rubber, steel = SUBSTANCES["rubber"], SUBSTANCES["steel"]
    assert modal.contact_time(rubber, steel, speed=1) == modal.contact_time(steel, rubber, speed=1)
    assert modal.contact_time(rubber, steel, speed=1) > 5 * modal.contact_time(steel, steel, speed=1)


def test_a_hollow_body_has_a_mode_of_its_air():
    hollow, solid = voice("wood", 0.5), voice("rock", 0.5)
    assert SUBSTANCES["wood"].hollow > 0
    assert SUBSTANCES["rock"].hollow == 0
    assert np.abs(hollow.hertz - 343.0).min() < 343 * 0.05
    assert len(hollow.hertz) == len(SUBSTANCES["wood"].modes) + modal.OVERTONES + 1
    assert len(solid.hertz) == len(SUBSTANCES["rock"].modes) + modal.OVERTONES


def test_repeated_hits_differ_a_little():
    one, two = hit("wood", number=1), hit("wood", number=2)
    likeness = (one @ two) / np.sqrt((one @ one) * (two @ two))
    assert 0.6 < likeness < 0.995


@pytest.mark.parametrize(
    ("shape", "size", "volume", "extent"),
    [
        (Shape.SPHERE, (0.1,), 0.004189, 0.2),
        (Shape.BOX, (0.5, 0.5, 0.5), 1.0, 1.0),
        (Shape.CYLINDER, (0.1, 0.1), 0.006283, 0.2),
        (Shape.CAPSULE, (0.1, 0.1), 0.010472, 0.2),
    ],
)
def test_the_mass_and_the_size_of_a_solid(studio, shape, size, volume, extent):
    from dataclasses import replace

    solid = replace(studio.solid(substance="wood"), shape=shape, size=size)
    assert modal.mass(solid) == pytest.approx(volume * SUBSTANCES["wood"].density, rel=1e-3)
    assert modal.extent(solid) == pytest.approx(extent)
