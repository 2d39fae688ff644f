"""Made-up stages, motions and cameras: no physics and no picture is needed to hear something."""

from dataclasses import dataclass

import numpy as np
import pytest

from render.engines.contract import SAMPLE_RATE
from render.engines.world.camera import Camera
from render.engines.world.light import LIGHTS
from render.engines.world.materials import Material
from render.engines.world.physics import Contact, Motion
from render.engines.world.shot import Shot
from render.engines.world.sound import mix
from render.engines.world.stage import Launch, Shape, Solid, Stage

FPS = 24


@dataclass(frozen=True)
class Studio:
    """Makes what a test needs with little writing."""

    @staticmethod
    def camera(x=0.0, y=-3.0, z=1.5) -> Camera:
        """At a place, looking along +y: +x is at the right."""
        return Camera(
            eye=np.array((x, y, z)),
            forward=np.array((0.0, 1.0, 0.0)),
            right=np.array((1.0, 0.0, 0.0)),
            up=np.array((0.0, 0.0, 1.0)),
            tangent=0.4,
        )

    @staticmethod
    def solid(name="ball", substance="wood", size=0.1, **others) -> Solid:
        launch = others.pop("launch", Launch(time=0.0, position=(0.0, 0.0, 1.0)))
        look = Material(base=(0.5, 0.5, 0.5))
        return Solid(
            name=name, shape=Shape.SPHERE, size=(size,), substance=substance, material=look, launch=launch, **others
        )

    @staticmethod
    def contact(time, impulse=1.0, position=(0.0, 0.0, 0.0), first="ball", second="floor") -> Contact:
        return Contact(time=time, first=first, second=second, position=position, impulse=impulse, duration=0.005)

    def stage(self, solids=None, **others) -> Stage:
        shot = Shot(points=np.zeros((1, 3)), azimuth=-90, elevation=10)
        defaults = {"ambience": (), "solids": (self.solid(),) if solids is None else tuple(solids)}
        return Stage(light=LIGHTS["day"], shot=shot, **(defaults | others))

    @staticmethod
    def motion(contacts=(), rubs=(), sheets=(), frames=96, names=(), poses=None) -> Motion:
        poses = np.zeros((frames, len(names), 7), np.float32) if poses is None else poses
        return Motion(
            names=tuple(names),
            poses=poses,
            present=np.ones(poses.shape[:2], np.bool_),
            contacts=tuple(contacts),
            rubs=tuple(rubs),
            sheets=tuple(sheets),
        )

    def render(self, stage, motion, seconds=4.0, cameras=None, seed=7):
        frames = round(seconds * FPS)
        cameras = [self.camera()] * frames if cameras is None else cameras
        samples = round(seconds * SAMPLE_RATE)
        return mix.render(stage, motion, cameras=cameras, fps=FPS, samples=samples, seed=seed)

    @staticmethod
    def onset(sound, after=0.0, share=0.05) -> float:
        """Seconds of the first sample after ``after`` that reaches a share of the loudest one within 60 ms."""
        first = round(after * SAMPLE_RATE)
        piece = np.abs(sound[first:]).reshape(len(sound) - first, -1).max(1)
        return float((first + np.argmax(piece > share * piece.max())) / SAMPLE_RATE)


@pytest.fixture
def studio():
    return Studio()
