"""When is whom told of a breach that nobody takes note of? One alert for each cause, however many breaches it has."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from queue_service.model.appointment import MessageChannel
from queue_service.rules.contact import can_be_written_to, digits
from queue_service.rules.forms import Facts, Language

_PRINTABLE = re.compile(r"[!-~]+")


class EscalationFacts(Facts):
    """Who is told of breaches, by which way, after how long; as an admin says it."""

    channel: MessageChannel
    target: Annotated[str, Field(min_length=1, max_length=500)]
    """An e-mail address, a phone number, or the address that a webhook is posted to."""
    after_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300
    """So long a breach stands on the hall page, and nobody has taken note of it."""
    at_risk: bool = False
    """Whether the alert goes out as soon as a norm is at risk."""
    language: Language | None = None
    """None means the branch's own."""

    @field_validator("target")
    @classmethod
    def _can_be_reached(cls, target: str, info: ValidationInfo) -> str:
        target = target.strip()
        match info.data.get("channel"):
            case MessageChannel.EMAIL if not can_be_written_to(target):
                raise PydanticCustomError("invalid_email", "an e-mail address is written as name@example.org")
            case MessageChannel.TEXT if not 5 <= len(digits(target)) <= 15 or not re.fullmatch(r"[+\d\s().-]+", target):
                raise PydanticCustomError("invalid_phone", "a phone number is written as +7 495 123-45-67")
            case MessageChannel.WEBHOOK if not is_web_address(target):
                raise PydanticCustomError("invalid_web_address", "an address is written as https://example.org/alerts")
        return target


@dataclass(frozen=True)
class Cause:
    """What breaches have in common: one line too slow, one service that nobody serves. Told of in one alert."""

    kind: str
    service_id: int | None
    breaches: int = 0
    """So many are open, taken note of or not."""
    unseen: int = 0
    unseen_since: datetime | None = None
    """When the first of those was flagged."""
    at_risk: int = 0
    since: datetime | None = None
    """The first open breach's moment."""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.service_id or ''}"


def is_web_address(text: str) -> bool:
    """Whether something can be posted there; no names or passwords in it, for addresses are shown."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and port != 0
    return is_whole and _PRINTABLE.fullmatch(text) is not None


def is_live(cause: Cause, rule: EscalationFacts) -> bool:
    """Whether the cause is not over yet, as this rule sees it."""
    return cause.breaches > 0 or (rule.at_risk and cause.at_risk > 0)


def to_raise(rule: EscalationFacts, causes: Iterable[Cause], told: Collection[str], now: datetime) -> list[Cause]:
    """The causes that the rule has to tell of now; `told` are the keys of those it told of and that are not over."""
    after = timedelta(seconds=rule.after_seconds)

    def is_due(cause: Cause) -> bool:
        is_unseen = cause.unseen_since is not None and cause.unseen_since + after <= now
        return is_unseen or (rule.at_risk and cause.at_risk > 0 and cause.breaches == 0)

    return [cause for cause in causes if cause.key not in told and is_due(cause)]


def to_end(rule: EscalationFacts, causes: Iterable[Cause], told: Iterable[str]) -> list[str]:
    """The keys of causes that the rule told of and that are over."""
    live = {cause.key for cause in causes if is_live(cause, rule)}
    return [key for key in told if key not in live]
