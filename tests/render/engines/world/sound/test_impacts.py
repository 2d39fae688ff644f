import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.sound import impacts
from render.engines.world.sound.listener import Listener


def heard(studio, contacts, seconds=2.0, **stage):
    ears = Listener([studio.camera()] * 48, fps=24)
    return impacts.render(contacts, studio.stage(**stage), ears, samples=round(seconds * SAMPLE_RATE), seed=5)


def test_chatter_is_heard_once_but_a_harder_hit_is_not_lost(studio):
    chatter = [studio.contact(1 + 0.01 * k, impulse=0.9**k) for k in range(12)]
    kept = impacts.audible(chatter)
    assert len(kept) == 3
    assert kept[0] == chatter[0]
    weak, strong = studio.contact(1.0, impulse=0.1), studio.contact(1.01, impulse=5.0)
    assert impacts.audible([strong, weak]) == [weak, strong]


def test_what_settles_when_the_scene_begins_has_not_met(studio):
    assert impacts.audible([studio.contact(0.009, impulse=8.0), studio.contact(0.1)]) == [studio.contact(0.1)]


def test_a_marble_does_not_make_the_floor_thump(studio):
    def low(size):
        sound = heard(studio, [studio.contact(0.5)], solids=[studio.solid(substance="glass", size=size)])[:, 0]
        power = np.abs(np.fft.rfft(sound.astype(float))) ** 2
        hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
        return power[hertz < 150].sum() / power[hertz < 2000].sum()

    assert low(0.01) < 0.3 * low(0.2)


def test_pairs_do_not_silence_each_other(studio):
    both = [studio.contact(1.0), studio.contact(1.001, first="crate")]
    assert impacts.audible(both) == both


def test_in_a_crash_the_weak_ones_drown(studio):
    crash = [studio.contact(1 + 0.001 * k, impulse=1 + k % 7, first=f"brick {k}") for k in range(300)]
    kept = impacts.audible(crash)
    assert impacts.CROWD <= len(kept) < 250
    assert np.mean([c.impulse for c in kept]) > np.mean([c.impulse for c in crash])


def test_each_contact_starts_to_the_sample(studio):
    sound = heard(studio, [studio.contact(0.5), studio.contact(1.3)])
    first = int(np.argmax(np.abs(sound).max(1) > 0))
    assert first == round((0.5 + 0.003) * SAMPLE_RATE)


def test_harder_is_louder_and_nearer_is_louder(studio):
    def peak(**contact):
        return np.abs(heard(studio, [studio.contact(0.5, **contact)])).max()

    assert peak(impulse=5.0) > 2 * peak(impulse=1.0)
    assert peak(position=(0, -1.0, 1.5)) > 2 * peak(position=(0, 9.0, 0))


def test_what_is_at_the_right_is_heard_there(studio):
    sound = heard(studio, [studio.contact(0.5, position=(3.0, 0.0, 0.5))])
    assert np.square(sound[:, 1]).sum() > 2 * np.square(sound[:, 0]).sum()


def test_both_bodies_ring(studio):
    ball = studio.solid("ball", "basketball", 0.12)
    wall = studio.solid("wall", "steel", 0.12)
    low, high = (
        heard(studio, [studio.contact(0.5)], solids=[ball]),
        heard(studio, [studio.contact(0.5, second="wall")], solids=[ball, wall]),
    )
    late = slice(round(0.9 * SAMPLE_RATE), None)
    assert np.abs(high[late]).max() > 20 * np.abs(low[late]).max(), "steel still rings"


def test_the_same_contacts_sound_the_same_whatever_else_there_is(studio):
    alone = heard(studio, [studio.contact(0.5)])
    other = studio.solid("other", "glass")
    again = heard(studio, [studio.contact(0.5)], solids=[studio.solid(), other])
    assert np.array_equal(alone, again)


@pytest.mark.parametrize(("tempo", "pitch"), [(1.0, 1.0), (0.5, 0.5**0.5), (0.1, 0.5), (2.0, 1.0)])
def test_slow_motion_lowers_by_an_octave_at_most(tempo, pitch):
    assert impacts.pitch(tempo) == pytest.approx(pitch)
