"""What can be set for a hall screen, and how large must its letters be?

Heights are those of the digits, measured as a sign maker would: the newest call is to be seen at an angle of 0.7°,
earlier calls at 1/250 of the distance and a quarter more (a railway's rule for signs in stations).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationInfo, computed_field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from queue_service.rules.forms import Day, Facts, Fault, Form, Language, WindowCode

MM_PER_INCH = 25.4
NEWEST_CALL_DEGREES = 0.7
EARLIER_CALLS_SHARE = 1.25 / 250
DIGIT_HEIGHT = 0.703
"""Of the pages' typeface: the height of a digit as a share of the font size."""
ROW_FILL = 0.62
"""How much of a row's height its digits may fill, so that rows stay apart."""

Layout = Literal["all", "zone", "window", "media"]
Orientation = Literal["landscape", "portrait"]
Percent = Annotated[int, Field(ge=0, le=100)]
FileName = Annotated[
    str, Form(r"[\w-][\w .-]{0,79}", "invalid_file_name", "a file's name has letters, digits, dots, hyphens, spaces")
]


@dataclass(frozen=True)
class Room:
    """What a layout has room for; heights are shares of the screen's height."""

    newest: float
    """Highest digits of the newest call."""
    earlier: float
    """Highest digits of an earlier call: a row is no wider than its column."""
    rows: float
    """All rows of earlier calls together."""
    columns: int = 1
    most: int = 5


_LIST = {"landscape": Room(0.2, 0.085, 0.62), "portrait": Room(0.125, 0.055, 0.36)}
ROOM: dict[Layout, dict[str, Room]] = {
    "all": _LIST,
    "zone": _LIST,
    "window": {"landscape": Room(0.3, 0.12, 0.2, most=1), "portrait": Room(0.14, 0.08, 0.2, most=1)},
    "media": {"landscape": Room(0.185, 0.075, 0.14, columns=2, most=2), "portrait": Room(0.11, 0.05, 0.2, most=3)},
}


class Sizes(BaseModel):
    """What a screen in this orientation shows, and whether it can be read from where people sit."""

    newest: float
    """Font size of the newest call, in hundredths of the screen's height."""
    earlier: float
    """Font size of earlier calls, likewise."""
    rows: int
    """Earlier calls on the screen at a time."""
    newest_mm: int
    earlier_mm: int
    """Heights of the digits on the screen."""
    wanted_newest_mm: int
    wanted_earlier_mm: int
    is_enough: bool
    reads_to_m: float
    """The farthest distance for which the digits are high enough."""
    needs_inches: int
    """The smallest diagonal that would be enough at the distance set."""


class DisplaySettings(Facts):
    """Everything that can be set for one hall screen; without any setting it shows all windows, ten metres away."""

    layout: Layout = "all"
    """all windows; a zone: calls to `windows` alone; the own screen of one window; calls beside media and news."""
    windows: Annotated[list[WindowCode], Field(max_length=100, validate_default=True)] = []
    distance_m: Annotated[float, Field(ge=1, le=60)] = 10
    """How far away the last row of seats is."""
    diagonal_inches: Annotated[float, Field(ge=7, le=300)] = 55
    rows: Annotated[int, Field(ge=1, le=5)] = 4
    """Earlier calls, at most; fewer are shown when more would be too small."""
    languages: Annotated[list[Language], Field(max_length=2)] = []
    """Shown on the screen, the first one large; none named means the branch's own and one more."""
    theme: Literal["dark", "light", "contrast"] = "dark"
    motion: bool = True
    """Whether a new call moves to be noticed; a system set to reduced motion overrides it."""
    shows_waiting: bool = True
    """How many wait for each service, and how long it may take."""
    shows_news: bool = True
    news_seconds: Annotated[int, Field(ge=0, le=120)] = 12
    """How long one piece of news stays; 0 leaves the first one standing."""
    media: Annotated[list[FileName], Field(max_length=50)] = []
    """Uploaded pictures and films, in their order; none named means all."""
    media_seconds: Annotated[int, Field(ge=5, le=600)] = 15
    """How long a picture stays."""
    chime: bool = True
    voice: bool = True
    second_language: Language | Literal["office", "none"] = "office"
    """A call is spoken in the ticket's language, then in this one: the branch's own, another one, or none."""
    volume: Percent = 80
    quiet_hours: Day = []
    """Spans of local time, [["07:00", "09:00"]], in which `quiet_volume` holds."""
    quiet_volume: Percent = 40
    night_saver: bool = True
    """Whether the screen rests outside opening hours, dark but for a clock that wanders."""

    @model_validator(mode="before")
    @classmethod
    def _without_what_follows(cls, given: Any) -> Any:
        """What was read may be sent back whole: the sizes are computed anew."""
        return {key: value for key, value in given.items() if key != "sizes"} if isinstance(given, dict) else given

    @field_validator("windows")
    @classmethod
    def _windows_fit_the_layout(cls, windows: list[str], info: ValidationInfo) -> list[str]:
        layout = info.data.get("layout")
        if layout == "zone" and not windows:
            raise PydanticCustomError("zone_without_windows", "a zone needs at least one window")
        if layout == "window" and len(windows) != 1:
            raise PydanticCustomError("one_window_needed", "a window's own screen needs exactly one window")
        return windows

    @computed_field  # type: ignore[prop-decorator]
    @property
    def sizes(self) -> dict[Orientation, Sizes]:
        return {"landscape": sizes(self, "landscape"), "portrait": sizes(self, "portrait")}


def wanted_heights_mm(distance_m: float) -> tuple[float, float]:
    """How high the digits of the newest call and of earlier ones must be, in millimetres, at this distance."""
    newest = 2 * distance_m * 1000 * math.tan(math.radians(NEWEST_CALL_DEGREES / 2))
    return newest, distance_m * 1000 * EARLIER_CALLS_SHARE


def sizes(settings: DisplaySettings, orientation: Orientation) -> Sizes:
    """The letters of a 16:9 screen: as large as its layout allows, with as many rows as stay readable."""
    room = ROOM[settings.layout][orientation]
    height = _height_mm(settings.diagonal_inches, orientation)
    newest, earlier = wanted_heights_mm(settings.distance_m)
    rows = _rows(room, min(settings.rows, room.most), earlier / height)
    newest_mm, earlier_mm = room.newest * height, _row_height(room, rows) * height
    farthest = settings.distance_m * min(newest_mm / newest, earlier_mm / earlier)
    alone = _row_height(room, 1) * height
    return Sizes(
        newest=round(room.newest / DIGIT_HEIGHT * 100, 2),
        earlier=round(_row_height(room, rows) / DIGIT_HEIGHT * 100, 2),
        rows=rows,
        newest_mm=round(newest_mm),
        earlier_mm=round(earlier_mm),
        wanted_newest_mm=round(newest),
        wanted_earlier_mm=round(earlier),
        is_enough=newest_mm >= newest and earlier_mm >= earlier,
        reads_to_m=math.floor(farthest * 10) / 10,
        needs_inches=math.ceil(settings.diagonal_inches * max(newest / newest_mm, earlier / alone)),
    )


def settings_from_query(query: Mapping[str, str]) -> DisplaySettings:
    """Settings as they stand in a page's address: `?layout=zone&windows=1,2`; other parameters are not ours.

    Raises pydantic.ValidationError.
    """
    lists = {"windows", "languages", "media"}
    given: dict[str, Any] = {
        name: value.split(",") if name in lists else value
        for name, value in query.items()
        if name in DisplaySettings.model_fields and name != "quiet_hours"
    }
    return DisplaySettings.model_validate(given)


def display_faults(settings: DisplaySettings, windows: set[str], languages: list[str]) -> list[Fault]:
    """What in the settings does not fit the branch: windows and languages that it does not have."""
    faults: list[Fault] = [
        ("unknown_window", f"windows.{i}", {"value": code})
        for i, code in enumerate(settings.windows)
        if code not in windows
    ]
    named = [(f"languages.{i}", code) for i, code in enumerate(settings.languages)]
    if settings.second_language not in ("office", "none"):
        named.append(("second_language", settings.second_language))
    known = {"languages": ", ".join(languages)}
    return faults + [("unknown_language", field, known) for field, code in named if code not in languages]


def _height_mm(diagonal_inches: float, orientation: Orientation) -> float:
    across, down = (16, 9) if orientation == "landscape" else (9, 16)
    return diagonal_inches * MM_PER_INCH * down / math.hypot(across, down)


def _rows(room: Room, wished: int, lowest: float) -> int:
    """How many rows fit when their digits are at least `lowest` high, or, on too small a screen, as high as one's."""
    lowest = min(lowest, _row_height(room, 1))
    return next(rows for rows in range(wished, 0, -1) if _row_height(room, rows) >= lowest)


def _row_height(room: Room, rows: int) -> float:
    lines = math.ceil(rows / room.columns)
    return min(room.earlier, room.rows / lines * ROW_FILL)
