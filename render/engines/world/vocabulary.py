"""The words that the prompt reader knows, as data. Lower case, singular."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MOST = 18
"""Bodies in one clip, however long; a prompt that asks for more is not understood in that."""

FAMILY_WORDS: dict[str, dict[str, float]] = {
    "basketball": {
        "basketball": 3,
        "hoop": 3,
        "backboard": 3,
        "three-pointer": 3,
        "three": 0.2,
        "pointer": 0.5,
        "dunk": 2,
        "nba": 2,
        "free-throw": 3,
        "layup": 2,
        "rim": 1.5,
        "buzzer-beater": 2,
        "slam-dunk": 2,
        "jump-shot": 2,
    },
    "ocean": {
        "ocean": 3,
        "sea": 3,
        "wave": 2,
        "surf": 2,
        "coast": 2,
        "coastline": 2,
        "shore": 2,
        "shoreline": 2,
        "tide": 2,
        "seaside": 2,
        "swell": 1.5,
        "breaker": 2,
        "beach": 1.5,
        "cliff": 1,
        "cove": 1.5,
        "atlantic": 2,
        "pacific": 2,
        "seascape": 3,
        "rocky": 0.4,
    },
    "product": {
        "product": 3,
        "turntable": 3,
        "bottle": 2.5,
        "sneaker": 2.5,
        "shoe": 2.5,
        "can": 0,
        "soda": 2,
        "perfume": 2.5,
        "phone": 2.5,
        "smartphone": 2.5,
        "mug": 2.5,
        "cup": 1.5,
        "packaging": 2,
        "packshot": 3,
        "commercial": 1,
        "advert": 1,
        "ad": 1,
        "hero": 0.5,
        "studio": 1,
        "brand": 1,
        "jar": 2,
        "cosmetic": 2,
        "carton": 1.5,
        "shampoo": 2.5,
        "drink": 1,
        "showcase": 1,
        "pedestal": 1,
        "rotate": 0.5,
        "rotating": 0.5,
        "spot": 0.4,
        "trainer": 1.5,
        "lotion": 2,
        "cream": 1,
        "beverage": 1.5,
        "cola": 2,
        "beer": 1.5,
        "wine": 1.5,
        "coffee": 1,
        "sunscreen": 2,
        "juice": 1.5,
    },
    "objects": {
        "fall": 2,
        "falling": 2,
        "drop": 2,
        "bounce": 1,
        "bouncing": 1,
        "collide": 2.5,
        "collision": 2.5,
        "stack": 2,
        "tumble": 1.5,
        "topple": 2.5,
        "crash": 1.5,
        "crate": 2.5,
        "ball": 1,
        "block": 1.5,
        "box": 0.8,
        "marble": 2,
        "bowling-ball": 2,
        "cube": 2,
        "tower": 1,
        "pile": 1.5,
        "roll": 1,
        "object": 1.5,
        "physics": 1,
        "gravity": 1.5,
        "domino": 1,
        "knock": 1,
        "smash": 1,
        "can": 0.6,
        "sphere": 1,
    },
}
"""How strongly a word speaks for a family."""

SUBJECTS: dict[str, dict[str, str]] = {
    "basketball": {},
    "ocean": {},
    "objects": {
        "ball": "ball",
        "crate": "crate",
        "box": "crate",
        "can": "can",
        "block": "block",
        "marble": "marble",
        "bowling": "bowling ball",
        "bowling-ball": "bowling ball",
        "tower": "tower",
        "stack": "tower",
        "pile": "tower",
    },
    "product": {
        "bottle": "bottle",
        "can": "can",
        "box": "box",
        "shoe": "shoe",
        "phone": "phone",
        "cup": "cup",
        "jar": "jar",
    },
}
"""Nouns that a family can show as they are."""

STAND_INS: dict[str, dict[str, str]] = {
    "basketball": {
        "dunk": "missed shot",
        "layup": "missed shot",
        "gym": "outdoor court",
        "arena": "outdoor court",
        "buzzer-beater": "missed shot",
        "free-throw": "missed shot",
        "slam-dunk": "missed shot",
    },
    "ocean": {
        "beach": "rocks",
        "cliff": "rocks",
        "cove": "rocks",
        "storm": "waves",
        "lighthouse": "rocks",
        "lake": "ocean",
    },
    "objects": {
        "cube": "block",
        "sphere": "ball",
        "brick": "block",
        "domino": "block",
        "barrel": "can",
        "toy": "ball",
        "book": "block",
        "bowl": "can",
        "football": "ball",
        "rock": "block",
        "stone": "block",
        "dice": "block",
    },
    "product": {
        "sneaker": "shoe",
        "trainer": "shoe",
        "boot": "shoe",
        "smartphone": "phone",
        "tablet": "phone",
        "mug": "cup",
        "perfume": "bottle",
        "shampoo": "bottle",
        "wine": "bottle",
        "beer": "bottle",
        "lotion": "bottle",
        "sunscreen": "bottle",
        "juice": "bottle",
        "soda": "can",
        "cola": "can",
        "beverage": "can",
        "drink": "can",
        "energy": "can",
        "cream": "jar",
        "cosmetic": "jar",
        "honey": "jar",
        "candle": "jar",
        "carton": "box",
        "packaging": "box",
        "cereal": "box",
        "chocolate": "box",
        "coffee": "cup",
        "tea": "cup",
        "watch": "box",
        "bag": "box",
        "white-background": "pale backdrop",
    },
}
"""Words shown by something near them."""

COLOUR_WORDS: dict[str, str] = {
    "crimson": "red",
    "scarlet": "red",
    "ruby": "red",
    "golden": "gold",
    "navy": "blue",
    "azure": "blue",
    "cyan": "teal",
    "turquoise": "teal",
    "lime": "green",
    "emerald": "green",
    "violet": "purple",
    "magenta": "pink",
    "gray": "grey",
    "charcoal": "black",
    "cream-coloured": "white",
    "ivory": "white",
    "chrome": "silver",
    "amber": "orange",
    "beige": "brown",
    "coral": "orange",
}

LIGHT_WORDS: dict[str, str] = {
    "sunset": "sunset",
    "dusk": "sunset",
    "dawn": "sunset",
    "sunrise": "sunset",
    "evening": "sunset",
    "golden-hour": "sunset",
    "cloudy": "overcast",
    "overcast": "overcast",
    "storm": "overcast",
    "stormy": "overcast",
    "fog": "overcast",
    "foggy": "overcast",
    "rain": "overcast",
    "rainy": "overcast",
    "grey-sky": "overcast",
    "night": "night",
    "midnight": "night",
    "moonlight": "night",
    "moonlit": "night",
    "noon": "day",
    "sunny": "day",
    "day": "day",
    "daylight": "day",
    "morning": "day",
    "sun": "day",
}
INEXACT_LIGHT = frozenset({"storm", "stormy", "fog", "foggy", "rain", "rainy"})
"""Light words that stand for more than the light that is shown."""

COUNTS: dict[str, int] = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "dozen": 12,
    "single": 1,
    "couple": 2,
    "pair": 2,
}

SHOWN: dict[str, frozenset[str]] = {
    "basketball": _words(
        """basketball hoop backboard three-pointer ball rim net miss hit bounce bouncing shot shoot court throw
        floor free-throw jump-shot outdoor wall brick off fall"""
    ),
    "ocean": _words(
        """ocean sea wave surf coast coastline shore shoreline rock rocky water foam swell interact break crash
        breaker seascape splash roll hit stone blue horizon sky boulder against seaside"""
    ),
    "product": _words(
        """product turntable rotate rotating turn spin studio soft light lighting packshot white background
        clean slowly spot shot hero reflection shadow minimal slow label backdrop advert ad commercial
        showcase lit"""
    ),
    "objects": _words(
        """fall falling drop bounce bouncing collide collision tumble topple crash roll object
        floor ground hit knock wooden wood gravity rubber concrete brick-wall yard land onto each throw wall
        off spin colourful colorful beach"""
    ),
}
"""Words that a family shows or does, beside its subjects."""

ALWAYS = _words(
    """realistic realistically physic physics physical physically accurate accurately manner natural
    naturally video clip scene footage true simulation simulated previs"""
)
"""Words that hold for whatever is simulated."""

PEOPLE = _words("""person people man woman boy girl child player crowd athlete human kid spectator""")


STOP = _words(
    """a an the of in on at to and or with by for from into as is are be being its it his her their due then while
    that this these those there up down out over under between through very some any all other another so than but if
    has have had was were will can't does do did not no without never nor only just also after before during when where
    which who whose we you they he she them us our your my i"""
)
NEGATIONS = frozenset({"no", "without", "never", "not"})
COMPOUNDS = {
    "three pointer": "three-pointer",
    "three point": "three-pointer",
    "free throw": "free-throw",
    "jump shot": "jump-shot",
    "slam dunk": "slam-dunk",
    "golden hour": "golden-hour",
    "buzzer beater": "buzzer-beater",
    "brick wall": "brick-wall",
    "bowling ball": "bowling-ball",
    "white background": "white-background",
    "white backdrop": "white-background",
}
"""Two words that are one."""
