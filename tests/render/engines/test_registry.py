import sys
from importlib import metadata

import pytest

from render import errors
from render.engines import registry
from render.engines.contract import Capabilities, Engine


def entry_points(monkeypatch, **paths: str) -> None:
    points = [metadata.EntryPoint(name=name, value=path, group=registry.GROUP) for name, path in paths.items()]
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: points if group == registry.GROUP else [])


class ThirdParty(Engine):
    capabilities = Capabilities(name="third", revision="1", title="Of a third party", simulated=True, makes_sound=False)

    def generate(self, jobs, *, cancel, progress):
        yield from ()


def test_built_in_engines_are_found_by_name():
    engine = registry.find("testcard")
    assert issubclass(engine, Engine)
    assert engine.capabilities.name == "testcard"
    assert {"testcard", "world"} <= set(registry.names())


def test_presets_are_engines_that_differ_in_name_and_care_only():
    engines = [registry.find(name) for name in ("world-draft", "world", "world-final")]
    assert len({engine.preset for engine in engines}) == 3
    assert len({engine.capabilities.revision for engine in engines}) == 1
    assert len({engine.generate for engine in engines}) == 1


def test_an_unknown_name_is_answered_with_the_known_ones(monkeypatch):
    entry_points(monkeypatch)
    with pytest.raises(errors.EngineMissing, match=r"no engine 'sora'. Known: testcard, world"):
        registry.find("sora")


def test_an_engine_of_another_package_is_found_through_its_entry_point(monkeypatch):
    module = type(sys)("third_party_engine")
    module.ThirdParty = ThirdParty
    monkeypatch.setitem(sys.modules, "third_party_engine", module)
    entry_points(monkeypatch, third="third_party_engine:ThirdParty")
    assert registry.find("third") is ThirdParty
    assert registry.names() == sorted([*registry.BUILT_IN, "third"])


def test_an_entry_point_cannot_replace_a_built_in_engine(monkeypatch):
    entry_points(monkeypatch, testcard="nowhere:Engine")
    assert registry.find("testcard").__module__ == "render.engines.testcard"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no_such_module:Engine", "cannot be loaded.*no_such_module.*Install its extra"),
        ("render.engines.testcard:NoSuchEngine", "cannot be loaded: AttributeError.*NoSuchEngine"),
        ("render.engines.testcard:CHUNK_BYTES", "is not a subclass of Engine"),
        ("render.engines.testcard:TestcardEngine", "calls itself 'testcard'"),
    ],
)
def test_a_broken_engine_is_refused_with_what_is_wrong(monkeypatch, path, message):
    entry_points(monkeypatch, broken=path)
    with pytest.raises(errors.EngineMissing, match=message):
        registry.find("broken")
