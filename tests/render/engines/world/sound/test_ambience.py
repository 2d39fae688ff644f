import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world import lexicon
from render.engines.world.onlookers import Reaction
from render.engines.world.sound import ambience, crowd
from render.engines.world.sound.ambience import AMBIENCES
from render.engines.world.sound.noise import stream

SECONDS = 5
WANTED = (
    "yard street hall gym shore forest park desert room studio meadow night lake stream crowd birds rain wind waves"
)


def made(*names, reactions=(), seconds=SECONDS, seed=3):
    return ambience.render(names, reactions, samples=round(seconds * SAMPLE_RATE), seed=seed)


def rms(sound):
    return float(np.sqrt(np.mean(np.square(sound.astype(float)))))


def test_every_place_has_its_sound():
    assert set(WANTED.split()) <= set(AMBIENCES)
    assert set(ambience.CROWDS) <= set(AMBIENCES)


@pytest.mark.parametrize("name", AMBIENCES)
def test_it_is_heard_in_stereo_all_the_time_and_never_repeats(name):
    sound = made(name)
    assert np.isfinite(sound).all()
    assert 0.0005 < rms(sound) < 0.3
    if name != "birds":  # birds are silent between their calls
        assert all(rms(piece) > 0.02 * rms(sound) for piece in np.split(sound, 20))
    left, right = sound.astype(float).T
    assert np.abs(np.corrcoef(left, right)[0, 1]) < 0.995
    # A loop would show as a second peak of the autocorrelation as high as the first.
    spectrum = np.abs(np.fft.rfft(left, 2 * len(left))) ** 2
    again = np.fft.irfft(spectrum)[: len(left)]
    lags = slice(round(0.5 * SAMPLE_RATE), round(0.8 * len(left)))
    tonal = {"studio", "room", "hall", "gym"}
    assert name in tonal or np.abs(again[lags]).max() < 0.6 * again[0]


@pytest.mark.parametrize("name", AMBIENCES)
def test_the_same_seed_gives_the_same_air_and_another_does_not(name):
    one, two, other = (made(name, seconds=1.5, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_places_differ_in_level_and_in_colour():
    def centre(name):
        power = np.abs(np.fft.rfft(made(name)[:, 0].astype(float))) ** 2
        return (power * np.fft.rfftfreq(SECONDS * SAMPLE_RATE, 1 / SAMPLE_RATE)).sum() / power.sum()

    assert rms(made("gym")) > 4 * rms(made("room"))
    assert centre("meadow") > 2 * centre("street")


def test_what_the_reader_knows_as_a_sound_is_an_ambience():
    known = lexicon.load().common.sounds.values
    assert known
    assert known <= set(AMBIENCES)


def test_an_unknown_name_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"'moon'.*choose one of: birds, crickets"):
        made("moon")


def test_names_together_are_heard_together_and_once_each():
    assert rms(made("yard", "crowd")) > rms(made("yard"))
    assert np.array_equal(made("yard", "yard"), made("yard"))


def test_a_crowd_rises_before_and_reacts_at_the_moment():
    sound = made("gym", reactions=[Reaction(time=3.0, mood=1.0)])
    calm, tense, loud = (rms(sound[round(a * SAMPLE_RATE) :][: round(0.5 * SAMPLE_RATE)]) for a in (0.5, 2.45, 3.4))
    assert tense > 1.4 * calm
    assert loud > 2 * tense


def lag(early, late):
    """Seconds by which the level of one sound follows that of another."""
    power = [np.square(each.astype(float)).sum(1).reshape(-1, SAMPLE_RATE // 50).mean(1) for each in (early, late)]
    one, two = np.sqrt(power)
    matches = np.correlate(two - two.mean(), one - one.mean(), "full")
    return float(matches.argmax() - (len(one) - 1)) / 50


@pytest.mark.parametrize("mood", [1.0, -0.8])
def test_a_crowd_far_off_is_heard_later_by_its_distance_and_duller(mood):
    near, far = (
        crowd.render(
            crowd.Crowd(db=0.0, away=away, roar=0.85),
            [Reaction(time=2.0, mood=mood)],
            SECONDS * SAMPLE_RATE,
            stream(1, "people"),
        )
        for away in (10.0, 181.5)
    )
    assert lag(near, far) == pytest.approx(171.5 / 343, abs=0.06)

    def high(sound):
        power = np.abs(np.fft.rfft(sound[:, 0].astype(float))) ** 2
        return power[np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE) > 4000].sum() / power.sum()

    assert high(far) < 0.7 * high(near)


def test_thousands_are_glad_for_longer_than_they_groan():
    glad, sorry = (crowd.roar(mood, stream(1, "people")) for mood in (1.0, -1.0))
    lasting = [
        np.flatnonzero(np.abs(each).max(1) > 0.2 * np.abs(each).max())[-1] / SAMPLE_RATE for each in (glad, sorry)
    ]
    assert lasting[0] > 1.5 * lasting[1]
    assert np.isfinite(glad).all()
    assert not glad[: round(0.1 * SAMPLE_RATE)].any()


def test_without_people_nobody_reacts():
    seen = [Reaction(time=1.0, mood=1.0)]
    assert np.array_equal(made("yard", reactions=seen), made("yard"))


def test_cheers_are_brighter_and_longer_than_groans():
    def shape(mood):
        sound = crowd.reaction(mood, stream(1, "people")).astype(float)
        power = np.abs(np.fft.rfft(sound[:, 0])) ** 2
        centre = (power * np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)).sum() / power.sum()
        heard = np.flatnonzero(np.abs(sound).max(1) > 0.05 * np.abs(sound).max()) / SAMPLE_RATE
        return centre, heard[0], heard[-1]

    cheer, groan = shape(1.0), shape(-1.0)
    assert cheer[0] > 1.4 * groan[0]
    assert cheer[2] > groan[2] + 0.3
    assert all(0.1 < first < 0.4 for _, first, _ in (cheer, groan)), "people need time to see it"


def test_a_reaction_that_has_begun_before_the_film_or_begins_after_it_is_no_error():
    sound = made("gym", reactions=[Reaction(time=-1.0, mood=-1.0), Reaction(time=60.0, mood=1.0)], seconds=1)
    assert np.isfinite(sound).all()
