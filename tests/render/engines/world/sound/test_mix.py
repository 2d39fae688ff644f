import tracemalloc

import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.onlookers import Reaction
from render.engines.world.sound import ambience, mix
from render.engines.world.stage import Room, Wave
from render.media import loudness


@pytest.mark.parametrize("tempo", [1.0, 0.5, 0.25])
def test_a_contact_is_heard_when_it_is_seen(studio, tempo):
    times = [0.21, 0.43, 0.9]
    contacts = [studio.contact(time) for time in times]
    for contact in contacts:
        sound = studio.render(studio.stage(tempo=tempo), studio.motion([contact]))
        late = studio.onset(sound) - contact.time / tempo
        assert 0.0025 < late < 0.0045, "3 ms of way, and what the detector needs"


def test_slow_motion_sounds_lower(studio):
    def centre(tempo):
        sound = studio.render(studio.stage(tempo=tempo), studio.motion([studio.contact(0.1)]))[:, 0]
        power = np.abs(np.fft.rfft(sound)) ** 2
        return (power * np.fft.rfftfreq(len(sound), 1 / 48_000)).sum() / power.sum()

    assert centre(0.25) < 0.75 * centre(1.0)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(studio):
    stage, motion = studio.stage(ambience=("yard",)), studio.motion([studio.contact(0.5), studio.contact(1.0)])
    one, two, other = (studio.render(stage, motion, seed=seed) for seed in (3, 3, 4))
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()


def rms(sound):
    return float(np.sqrt(np.mean(np.square(sound.astype(float)))))


def everything(studio):
    """A stage on which all that can sound does."""
    stage = studio.stage(
        ambience=("gym", "meadow", "street"),
        wind=(9.0, 0.0, 0.0),
        waves=(Wave(wavelength=9.0, heading=0.3, amplitude=0.3, phase=0.0),),
        shores=((3.0, 1.0, 1.0),),
        room=Room(size=(12.0, 10.0, 5.0)),
    )
    return stage, studio.motion([studio.contact(0.1 * k, impulse=0.2 + k % 5) for k in range(1, 20)])


def test_nothing_that_sounds_is_silence(studio):
    assert not studio.render(studio.stage(), studio.motion()).any()


def test_where_nothing_happens_only_the_place_is_heard(studio):
    stage = studio.stage(ambience=("forest",))
    sound = studio.render(stage, studio.motion())
    alone = ambience.render(("forest",), [], samples=len(sound), seed=7)
    inner = slice(mix.ENDS, -mix.ENDS)
    assert np.allclose(sound[inner], alone[inner] * (mix.PEAK / np.abs(alone[inner]).max()), atol=1e-3)


@pytest.mark.parametrize("seconds", [0.0, 0.04, 0.5, 4.0])
def test_any_length_is_finite_loud_enough_and_not_clipped(studio, seconds):
    stage, motion = everything(studio)
    sound = studio.render(stage, motion, seconds=seconds, cameras=[studio.camera()])
    assert sound.shape == (round(seconds * SAMPLE_RATE), 2)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    if seconds >= 0.5:
        assert np.abs(sound).max() == pytest.approx(mix.PEAK, rel=1e-4)
        assert rms(sound) > 0.03


def test_neither_end_clicks(studio):
    sound = studio.render(studio.stage(ambience=("yard", "crowd")), studio.motion([studio.contact(3.98)]))
    assert max(np.abs(sound[0]).max(), np.abs(sound[-1]).max()) < 1e-6
    assert np.abs(np.diff(sound[-20:], axis=0)).max() < 0.05


@pytest.mark.parametrize("substance", ["basketball", "wood", "steel", "rubber"])
def test_the_finished_sound_has_the_target_loudness_and_the_onset_stays(studio, substance):
    contacts = [studio.contact(0.5, 4.0), studio.contact(1.6, 3.0), studio.contact(2.6, 2.0)]
    stage = studio.stage([studio.solid(substance=substance)], ambience=("yard",))
    finished = loudness.normalise(studio.render(stage, studio.motion(contacts)))
    assert loudness.integrated(finished) == pytest.approx(loudness.TARGET_LUFS, abs=0.5)
    assert 20 * np.log10(loudness.true_peak(finished)) <= -1.0
    for contact in contacts:
        found = jump(finished, contact.time - 0.1, contact.time + 0.1)
        assert found - contact.time == pytest.approx(0.003, abs=0.002)


def jump(sound, first, last):
    """Seconds of the steepest rise of the level: the next 2 ms against the 10 ms before."""
    piece = sound[round(first * SAMPLE_RATE) : round(last * SAMPLE_RATE)].astype(float)
    power = np.concatenate([[0.0], np.cumsum(np.square(piece).sum(1))])
    at = np.arange(480, len(piece) - 96)
    rise = ((power[at + 96] - power[at]) / 96 + 1e-7) / ((power[at] - power[at - 480]) / 480 + 1e-7)
    return first + at[rise.argmax()] / SAMPLE_RATE


def test_compression_lifts_the_weak_and_moves_no_onset():
    sound = np.zeros((SAMPLE_RATE, 2), np.float32)
    sound[9600:] = 1.0
    sound[24000:] = 0.1
    after = mix.compressed(sound)
    assert np.argmax(after[:, 0] > 0) == 9600
    assert after[-1, 0] == pytest.approx(0.1)
    assert 0.3 < after[12000, 0] < 0.5
    assert not mix.compressed(np.zeros((0, 2), np.float32)).size


def test_the_room_is_heard_in_the_pause(studio):
    def tail(where):
        sound = studio.render(studio.stage(room=where), studio.motion([studio.contact(0.5)]))
        return rms(sound[round(1.0 * SAMPLE_RATE) : round(1.3 * SAMPLE_RATE)])

    assert tail(Room(size=(30.0, 20.0, 9.0), absorption=0.15)) > 5 * tail(None)


def test_people_gasp_at_the_hardest_impact_unless_the_stage_says_else(studio):
    weak, hard = studio.contact(0.5, 1.0), studio.contact(1.5, 5.0)
    motion = studio.motion([weak, hard])
    assert mix.reactions(studio.stage(tempo=0.5), motion, motion.contacts) == [Reaction(time=3.0, mood=0.0)]
    told = studio.stage(reactions=lambda motion: [Reaction(time=motion.contacts[0].time, mood=1.0)])
    assert mix.reactions(told, motion, motion.contacts) == [Reaction(time=0.5, mood=1.0)]
    assert mix.reactions(studio.stage(), studio.motion(), []) == []


@pytest.mark.slow
def test_a_minute_stays_within_bounds_of_memory(studio):
    stage, motion = everything(studio)
    tracemalloc.start()
    try:
        studio.render(stage, motion, seconds=60.0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 420e6
