"""The cameras of a site, its gateway and the weather client: what they read, and what they post over HTTP.

The gateway forces what it reads into the current French format, drops what does not fit, and sends no confidence; newer
cameras tell every plate themselves. Source: contract.md, "Facts about the field equipment"; interface.md, "HTTP".
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ops.simulator.agenda import Agenda
from ops.simulator.layout import LaneName
from ops.simulator.misreading import confidence, misread
from ops.simulator.picture import jpeg

LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
FOREIGN_EVERY = 16
FLEET_EVERY = 10
DIGIT_OF = {"O": "0", "I": "1", "Z": "2", "B": "8", "S": "5", "G": "6"}
LETTER_OF = {digit: letter for letter, digit in DIGIT_OF.items()}
WEATHER_EVERY_S = 600.0
SEEN_AFTER_S = 0.6
_FRENCH = re.compile(r"[A-Z]{2}[0-9]{3}[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Post:
    """A request to the service; `path` follows the site's base address, which holds its token."""

    path: str
    body: bytes


def plate_of(uid: str) -> str:
    """The plate of a badge's car, always the same: French of today, or for one in sixteen something else.

    One car in ten is of a fleet, whose plates are neighbours.
    """
    number = int(uid[:8], 16)
    letters = [LETTERS[number // 23**place % 23] for place in range(4)]
    digits = f"{number // 7 % 1000:03d}"
    if number % FOREIGN_EVERY == 0:
        return f"{letters[0]}{letters[1]}{digits}{number % 10}"
    if number % FLEET_EVERY == 0 and uid[0] not in "0Ee":
        return f"FL{digits}B{letters[3]}" if letters[3] in "DQ" else f"FL{digits}BB"
    return f"{letters[0]}{letters[1]}{digits}{letters[2]}{letters[3]}"


def forced_french(read: str) -> str | None:
    """What the gateway makes of a reading: digits where digits belong, letters where letters do; None: dropped."""
    if len(read) != 7:
        return None
    parts = (read[:2].translate(_LETTERS), read[2:5].translate(_DIGITS), read[5:].translate(_LETTERS))
    forced = "".join(parts)
    return forced if _FRENCH.fullmatch(forced) else None


_LETTERS = str.maketrans(LETTER_OF)
_DIGITS = str.maketrans(DIGIT_OF)


Tell = Callable[[LaneName, str, float], None]


class Camera:
    """The cameras of one site; `tell` gets what they read, and how sure they are of it."""

    def __init__(self, agenda: Agenda, chance: Random, misread: float, tell: Tell, *, french: bool = True) -> None:
        """`french`: a gateway forces that format on what it tells."""
        self._agenda = agenda
        self._chance = chance
        self._misread = misread
        self._tell = tell
        self._french = french

    def sees(self, lane: LaneName, plate: str, told: Callable[[str], None]) -> None:
        """A car stands before a lane's camera. `told` hears, when a plate goes out, which one was read.

        To a gateway a foreign or old plate often means nothing.
        """
        read = misread(plate, self._chance) if self._chance.random() < self._misread else plate
        as_told = forced_french(read) if self._french else read
        if as_told is None:
            return

        def tell() -> None:
            told(as_told)
            self._tell(lane, as_told, confidence(self._chance, rightly=as_told == plate))

        self._agenda.after(SEEN_AFTER_S, tell)


def plate_post(lane: LaneName, plate: str) -> Post:
    """What the gateway posts of a plate."""
    picture = base64.b64encode(jpeg(plate)).decode()
    form = {"plate": plate, "cam_id": "1" if lane == "entry" else "2", "image": picture}
    return Post("/api/plate_event", json.dumps(form).encode())


class WeatherClient:
    """Pushes the weather every ten minutes, as a local client of OpenWeatherMap does."""

    def __init__(self, agenda: Agenda, chance: Random, posts: Callable[[Post], None]) -> None:
        self._agenda = agenda
        self._chance = chance
        self._posts = posts
        self._temperature = chance.uniform(5, 25)

    def start(self) -> None:
        """Push now, and again and again."""
        self._temperature = min(38.0, max(-8.0, self._temperature + self._chance.uniform(-0.5, 0.5)))
        form = {
            "ville": "Lyon",
            "description": self._chance.choice(("ciel dégagé", "nuageux", "pluie légère")),
            "temperature": round(self._temperature, 1),
            "humidite": self._chance.randint(35, 95),
            "vent": round(self._chance.uniform(0, 12), 1),
            "vent_dir": self._chance.choice(("N", "NE", "E", "SE", "S", "SO", "O", "NO")),
            "prevision": "",
            "pluie": 0,
            "co2": 410,
            "air": "bon",
        }
        self._posts(Post("/api/meteo", json.dumps(form, ensure_ascii=False).encode()))
        self._agenda.after(WEATHER_EVERY_S, self.start)
