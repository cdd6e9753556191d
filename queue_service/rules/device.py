"""What is true of devices? The codes they show, how often they may ask, what can be set for each role."""

from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from pydantic import Field, StringConstraints, ValidationError, create_model

from queue_service.model.device import DeviceRole
from queue_service.rules.forms import Facts, Fault
from queue_service.rules.screen import DisplaySettings, display_faults

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty letters: no vowels, so that no code is a word, and none that passes for a digit (RFC 8628, section 6.1)."""
CODE_LENGTH = 8
VALID = timedelta(minutes=10)
ASK_EVERY_SECONDS = 5
MOST_TRIES = 5
"""Wrong codes one person may type within `VALID`."""
SEEN_EVERY_SECONDS = 30
ONLINE_FOR = timedelta(seconds=75)
"""A device that was seen within this time counts as online: two of its signs of life may be lost."""
IDENTIFY_FOR = timedelta(seconds=10)
KEY_LASTS = timedelta(days=1)
"""After this time a device fetches a new key."""
ONE_NEW_KEY_PER = timedelta(minutes=1)
"""Two pages of one machine must not each get a new key and lose the other's."""

# A keyboard set to Russian has letters that look just the same.
_SAME_LOOK = str.maketrans("ВСНКМРТХЅЈ", "BCHKMPTXSJ")


class KioskSettings(Facts):
    idle_seconds: Annotated[int, Field(ge=15, le=300)] = 30
    """Without a touch for so long, the kiosk asks whether somebody is there."""
    is_accessible: bool = False
    """Whether every visit begins in the accessible view."""
    prints: bool = True
    """Whether the slip is printed at once; without a printer the ticket is shown as a QR code alone."""


class TabletSettings(Facts):
    pass


SETTINGS: dict[DeviceRole, type[Facts]] = {
    DeviceRole.KIOSK: KioskSettings,
    DeviceRole.DISPLAY: DisplaySettings,
    DeviceRole.TABLET: TabletSettings,
}
# A form around each, so that a fault is told as `settings.idle_seconds`.
_FORMS = {role: create_model(f"{role.title()}Form", settings=(shape, ...)) for role, shape in SETTINGS.items()}


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class DeviceFacts(Facts):
    """What an admin says of a device."""

    name: Name
    role: DeviceRole
    settings: dict[str, Any] = {}


class DeviceChange(Facts):
    """What is named is changed; of the settings as well."""

    name: Name | None = None
    role: DeviceRole | None = None
    settings: dict[str, Any] | None = None


def checked_settings(role: DeviceRole, given: dict[str, Any]) -> Facts:
    """All settings of a device of this role, with the defaults of those not given; raises pydantic.ValidationError."""
    form: Any = _FORMS[role].model_validate({"settings": given})
    return cast(Facts, form.settings)


def present_settings(role: DeviceRole, stored: dict[str, Any]) -> dict[str, Any]:
    """What is in force, and what follows from it: a setting that another version stored and this one cannot read is
    its default."""
    shape = SETTINGS[role]
    known = {name: value for name, value in stored.items() if name in shape.model_fields}
    try:
        return shape.model_validate(known).model_dump(mode="json")
    except ValidationError as error:
        faulty = {fault["loc"][0] for fault in error.errors()}
        return present_settings(role, {name: value for name, value in known.items() if name not in faulty})


def settings_faults(settings: Facts, windows: set[str], languages: list[str]) -> list[Fault]:
    """What in the settings does not fit the branch."""
    return display_faults(settings, windows, languages) if isinstance(settings, DisplaySettings) else []


def kept_settings(settings: Facts) -> dict[str, Any]:
    """What is stored: nothing that follows from the rest."""
    return settings.model_dump(mode="json", exclude=set(type(settings).model_computed_fields))


def clean_code(typed: str) -> str | None:
    """The code that somebody meant, however they spaced it and whatever their keyboard; None when it cannot be one."""
    letters = "".join(letter for letter in typed.upper().translate(_SAME_LOOK) if letter not in " -–—.\u00a0")
    return letters if len(letters) == CODE_LENGTH and set(letters) <= set(ALPHABET) else None


def shown_code(code: str) -> str:
    """As the device shows it: two groups of four."""
    return f"{code[:4]}-{code[4:]}"


def asks_too_often(asked_at: datetime | None, interval_seconds: int, now: datetime) -> bool:
    # A second of grace: the network may hold one question up and not the next.
    return asked_at is not None and now - asked_at < timedelta(seconds=interval_seconds - 1)


def is_online(last_seen_at: datetime | None, now: datetime) -> bool:
    return last_seen_at is not None and now - last_seen_at < ONLINE_FOR
