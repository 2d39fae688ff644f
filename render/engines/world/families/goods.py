"""The shapes of products, dressed in a brand's colours and text. Lengths in metres, z up, the front towards −y."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from render.engines.world import geometry
from render.engines.world.families import shoe
from render.engines.world.families.brand import INK, WHITE, Brand, Goods
from render.engines.world.materials import COLOURS, MATERIALS, Colour, Material, Pattern
from render.engines.world.stage import Shape

SILVER: Colour = (0.42, 0.43, 0.45)
"""Panels of a pale shoe."""
TIN = Material(base=(0.66, 0.67, 0.69), gloss=0.8, mirror=1.0, facing=0.55, metal=0.9, roughness=0.12)
FILLED = 0.06
"""Metres from the foot of an open jar that is not clear up to what is in it."""
GILT = Material(base=COLOURS["gold"], gloss=0.8, mirror=0.95, facing=0.45, metal=0.8, roughness=0.06)


def _swapped(mesh: geometry.Mesh, axes: tuple[int, int, int]) -> geometry.Mesh:
    """The mesh with two of its axes exchanged."""
    return geometry.Mesh(
        vertices=mesh.vertices[:, axes], normals=mesh.normals[:, axes], faces=np.ascontiguousarray(mesh.faces[:, ::-1])
    )


def _label(brand: Brand, *, scale: float, offset: float = 0.0) -> Material:
    return Material(
        pattern=Pattern.LABEL, base=brand.base, accent=brand.accent, scale=scale, offset=offset, text=brand.text
    )


def _carton(brand: Brand, *, scale: float, wide: float) -> Material:
    return Material(
        pattern=Pattern.CARTON, base=brand.base, accent=brand.accent, scale=scale, offset=wide, text=brand.text
    )


def _blown(profile: list[tuple[float, float]], *, thick: float, foot: float) -> geometry.Mesh:
    """A hollow thing of glass by its outside from the middle of its foot to its lip, its walls ``thick``."""
    low = profile[0][1] + foot
    inside = [(r - thick, max(z, low)) for r, z in reversed(profile) if r > thick]
    return geometry.lathe([*profile, *(point for point in inside if point[1] > low), (inside[-1][0], low), (0.0, low)])


def _bottle(brand: Brand) -> Goods:
    profile = [(0, -0.14), (0.034, -0.14), (0.039, -0.135), (0.040, -0.125), (0.040, 0.02), (0.039, 0.035)]
    profile += [(0.034, 0.055), (0.025, 0.075), (0.018, 0.09), (0.0155, 0.105), (0.0155, 0.138), (0.0, 0.138)]
    cap = [(0, 0.112), (0.0175, 0.112), (0.018, 0.114), (0.018, 0.138), (0.0165, 0.14), (0, 0.14)]
    red, green, blue = (0.55 * c for c in brand.base)
    sleeve = replace(_label(brand, scale=0.055, offset=-0.045), gloss=0.3, mirror=0.25)
    body = geometry.lathe(profile)
    paint = brand.skin(Material(base=(red, green, blue), gloss=0.95, mirror=0.9, facing=0.05))
    if brand.glazed or not brand.capped:
        body = _blown(profile[:-1], thick=0.003, foot=0.008)
    looks = [(body, brand.glass if brand.glazed else paint)]
    if brand.label or not brand.glazed:
        looks.append((geometry.lathe([(0.0404, -0.10), (0.0404, 0.01)]), sleeve))
    if brand.capped:
        looks.append((geometry.lathe(cap), Material(base=brand.accent, gloss=0.5, mirror=0.4)))
    return Goods(
        shape=Shape.HULL,
        size=(0.04, 0.04, 0.14),
        substance=brand.substance("glass"),
        looks=tuple(looks),
        front=-math.pi / 2,
        printed=True,
    )


def _can(brand: Brand) -> Goods:
    body = [(0.0255, -0.0585), (0.028, -0.057), (0.033, -0.050), (0.033, 0.047), (0.0282, 0.0565)]
    foot = [(0, -0.058), (0.023, -0.058), (0.0245, -0.061), (0.0262, -0.0585), (0.0256, -0.057)]
    lid = [(0.0279, 0.056), (0.0287, 0.0605), (0.0275, 0.061), (0.0265, 0.058), (0, 0.0575)]
    tab = geometry.move(geometry.box((0.011, 0.0065, 0.0008), bevel=0.0007), (0.006, 0.0, 0.0588))
    printed = replace(_label(brand, scale=0.0475), gloss=0.7, mirror=0.9, facing=0.10)
    looks = (
        (geometry.lathe(body), brand.skin(printed)),
        (geometry.join([geometry.lathe(foot), geometry.lathe(lid), tab]), TIN),
    )
    return Goods(
        shape=Shape.CYLINDER,
        size=(0.033, 0.061),
        substance="filled can",
        looks=looks,
        front=-math.pi / 2,
        printed=True,
    )


def _jar(brand: Brand) -> Goods:
    profile = [(0, -0.045), (0.036, -0.045), (0.041, -0.040), (0.041, 0.022), (0.036, 0.028), (0, 0.028)]
    lid = [(0, 0.026), (0.039, 0.026), (0.040, 0.028), (0.040, 0.044), (0.038, 0.046), (0, 0.046)]
    printed = replace(_label(brand, scale=0.035, offset=-0.008), gloss=0.6, mirror=0.6)
    body = geometry.lathe(profile)
    if brand.glazed or not brand.capped:
        body = _blown(profile[:-1], thick=0.003, foot=0.006 if brand.glazed else FILLED)
    looks = [(body, brand.glass if brand.glazed else brand.skin(printed))]
    if brand.glazed and brand.label:
        band = replace(_label(brand, scale=0.024, offset=-0.010), gloss=0.3, mirror=0.25)
        looks.append((geometry.lathe([(0.0413, -0.034), (0.0413, 0.014)]), band))
    if brand.capped:
        looks.append((geometry.lathe(lid), GILT))
    return Goods(
        shape=Shape.CYLINDER,
        size=(0.041, 0.0455),
        substance=brand.substance("glass"),
        looks=tuple(looks),
        front=-math.pi / 2,
        printed=True,
    )


def _box(brand: Brand) -> Goods:
    half = (0.062, 0.05, 0.075)
    printed = replace(_carton(brand, scale=half[2], wide=half[1]), gloss=0.3, mirror=0.3)
    looks = ((geometry.box(half, bevel=0.002), brand.skin(printed)),)
    return Goods(shape=Shape.BOX, size=half, substance=brand.substance("card"), looks=looks, printed=True)


def _parcel(brand: Brand) -> Goods:
    """A box of corrugated cardboard, closed with tape."""
    half = (0.15, 0.12, 0.11)
    card = replace(_carton(brand, scale=half[2], wide=half[1]), gloss=0.05, roughness=0.9)
    tape = [geometry.move(geometry.box((half[0], 0.024, 0.0003)), (0, 0, half[2]))]
    tape += [geometry.move(geometry.box((0.0003, 0.024, 0.035)), (s * half[0], 0, half[2] - 0.0348)) for s in (-1, 1)]
    red, green, blue = (0.5 * c + 0.22 for c in brand.base)
    looks = (
        (geometry.box(half, bevel=0.004), card if brand.material == "card" else brand.skin(card)),
        (geometry.join(tape), Material(base=(red, green, blue), gloss=0.5, mirror=0.3)),
    )
    return Goods(shape=Shape.BOX, size=half, substance=brand.substance("card"), looks=looks, printed=True, tilt=0.1)


def _phone(brand: Brand) -> Goods:
    """Its screen is lit: a wallpaper of the brand's colours and a row of icons."""
    half = (0.036, 0.0042, 0.074)

    def on_glass(x: float, z: float, wide: float, tall: float, layer: int) -> geometry.Mesh:
        return geometry.move(geometry.box((wide, 0.0001, tall), bevel=0.00005), (x, -0.0046 - 0.0002 * layer, z))

    disk = geometry.move(_swapped(geometry.cylinder(0.021, 0.0001), (0, 2, 1)), (0, -0.0048, 0.012))
    glass = _swapped(geometry.cylinder(0.0075, 0.0004), (0, 2, 1))
    lens = [geometry.move(glass, (0.02, 0.0042, z)) for z in (0.055, 0.036)]
    black = Material(base=(0.008, 0.009, 0.012), gloss=1.0, mirror=1.0, facing=0.05)
    icons = geometry.join([on_glass(0.0145 * (k - 1.5), -0.057, 0.005, 0.005, 1) for k in range(4)])
    deep: Colour = (0.05 * brand.base[0] + 0.005, 0.05 * brand.base[1] + 0.006, 0.05 * brand.base[2] + 0.012)
    shell = Material(base=(0.03, 0.032, 0.036) if brand.free else brand.base, gloss=0.8, mirror=0.9, facing=0.12)
    looks = (
        (geometry.box(half, bevel=0.004), brand.skin(shell)),
        (geometry.move(geometry.box((0.0338, 0.0006, 0.0718), bevel=0.0005), (0, -0.0040, 0)), black),
        (geometry.join(lens), black),
        (on_glass(0, 0, 0.0318, 0.0698, 0), Material(base=deep, glow=0.8)),
        (disk, Material(base=brand.base, glow=1.4)),
        (icons, Material(base=brand.accent, glow=0.7)),
    )
    return Goods(shape=Shape.BOX, size=half, substance=brand.substance("glass"), looks=looks, lies=True, tilt=0.25)


def _cup(brand: Brand) -> Goods:
    profile = [(0, -0.048), (0.026, -0.048), (0.029, -0.046), (0.036, -0.02), (0.040, 0.044), (0.0395, 0.047)]
    profile += [(0.038, 0.047), (0.0365, 0.044), (0.033, -0.02), (0.027, -0.040), (0, -0.040)]
    bow = [
        (0.041 + 0.021 * math.sin(t), 0.0, 0.004 + 0.027 * math.cos(t)) for t in np.linspace(-0.25, math.pi + 0.25, 15)
    ]
    handle = _swapped(geometry.tube(bow, 0.0052), (1, 0, 2))
    glaze = Material(base=brand.base, gloss=0.8, mirror=0.8)
    if brand.label:
        glaze = replace(_label(brand, scale=0.08), gloss=0.8, mirror=0.8)
    brew = [(0.0361, 0.038), (0, 0.038)]
    if brand.glazed:
        glaze = replace(brand.glass, pattern=glaze.pattern, scale=glaze.scale, accent=glaze.accent, text=glaze.text)
        brew = [(0, -0.0395), (0.0265, -0.0395), (0.0325, -0.02), (0.0358, 0.038), (0, 0.038)]
    coffee = (geometry.lathe(brew), Material(base=(0.035, 0.014, 0.006), gloss=0.9, mirror=0.9))
    return Goods(
        shape=Shape.HULL,
        size=(0.04, 0.04, 0.048),
        substance=brand.substance("ceramic"),
        looks=((geometry.join([geometry.lathe(profile), handle]), brand.skin(glaze)), coffee),
        front=-math.pi / 2,
        printed=True,
        open=True,
    )


def _glass(brand: Brand) -> Goods:
    """A drinking glass, filled with what gives it its colour; of no colour it is empty."""
    outside = [(0, -0.062), (0.030, -0.062), (0.032, -0.060), (0.038, 0.060), (0.0385, 0.062)]
    looks = [(_blown(outside, thick=0.0018, foot=0.007), MATERIALS["glass"])]
    if not brand.free:
        drink = [(0, -0.0545), (0.0285, -0.0545), (0.0348, 0.036), (0, 0.036)]
        looks.append((geometry.lathe(drink), Material(base=brand.base, gloss=0.9, mirror=0.6)))
    return Goods(shape=Shape.HULL, size=(0.0385, 0.0385, 0.062), substance="glass", looks=tuple(looks))


def _flacon(brand: Brand) -> Goods:
    """A perfume bottle: a block of thick glass, a gilt collar, and a cap or the pump below it.

    Its print stands clear of its edges.
    """
    block = geometry.move(geometry.box((0.034, 0.017, 0.04), bevel=0.006), (0, 0, 0.02))
    core = geometry.move(geometry.box((0.013, 0.011, 0.016)), (0, 0, 0.0865))
    collar = geometry.lathe([(0.0, 0.058), (0.0125, 0.058), (0.0125, 0.070), (0.0, 0.070)])
    cap = geometry.move(geometry.box((0.0165, 0.0135, 0.017), bevel=0.003), (0, 0, 0.086))
    pump = geometry.lathe([(0, 0.069), (0.004, 0.069), (0.004, 0.075), (0.007, 0.075), (0.007, 0.084), (0, 0.084)])
    red, green, blue = (0.62 * c + 0.02 for c in brand.base)
    glass = replace(MATERIALS["glass"], base=(red, green, blue), accent=brand.accent, facing=0.09, clear=0.7)
    if brand.capped:
        looks = [
            (geometry.join([block, core]), brand.skin(glass)),
            (collar, GILT),
            (cap, Material(base=INK, gloss=0.95, mirror=0.9, facing=0.06)),
        ]
    else:
        looks = [(block, brand.skin(glass)), (geometry.join([collar, pump]), GILT)]
    if brand.label:
        plates = [geometry.move(geometry.box((0.027, 0.0001, 0.032)), (0, y, 0.02)) for y in (-0.0172, 0.0172)]
        print_ = replace(glass, pattern=Pattern.CARTON, scale=0.1, offset=0.026, text=brand.text)
        looks.append((geometry.join(plates), brand.skin(print_)))
    return Goods(
        shape=Shape.HULL,
        size=(0.034, 0.017, 0.06),
        substance=brand.substance("glass"),
        looks=tuple(looks),
        printed=True,
    )


def _shoe(brand: Brand) -> Goods:
    trim = Material(base=brand.accent if sum(brand.accent) > sum(INK) else WHITE, gloss=0.2)
    sole = Material(base=WHITE, gloss=0.2)
    looks = (
        (shoe.sole(), sole),
        (shoe.upper(), brand.skin(Material(pattern=Pattern.CLOTH, base=brand.base, scale=0.0016, gloss=0.12))),
        (shoe.laces(), trim),
        (shoe.panels(), replace(trim, base=SILVER) if brand.accent == INK else trim),
        (shoe.mouth(), Material(base=(0.02, 0.02, 0.022), gloss=0.05)),
    )
    return Goods(shape=Shape.HULL, size=(shoe.LENGTH / 2, 0.05, 0.05), substance="card", looks=looks)


GOODS: dict[str, Callable[[Brand], Goods]] = {
    "bottle": _bottle,
    "can": _can,
    "jar": _jar,
    "box": _box,
    "parcel": _parcel,
    "phone": _phone,
    "cup": _cup,
    "glass": _glass,
    "shoe": _shoe,
    "flacon": _flacon,
}
