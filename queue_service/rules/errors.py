"""How a rule says no: one exception with a stable code; the web layer alone turns it into a status and words."""

from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    NOT_FOUND = "not_found"
    INVALID = "invalid"
    CONFLICT = "conflict"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


class Refused(Exception):
    """A request that a rule refused; nothing was changed.

    `code` is stable and names the entry `problem.<code>` in the language files; `field` is the part of the
    request at fault (dotted, as in `services.0`); `params` fill the placeholders of the words; `more` is what else
    the caller needs to go on.
    """

    def __init__(
        self,
        code: str,
        kind: Kind = Kind.CONFLICT,
        *,
        field: str | None = None,
        more: dict[str, object] | None = None,
        **params: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind
        self.field = field
        self.more = more
        self.params = params


def not_found(what: str, value: str, field: str | None = None) -> Refused:
    """The refusal for something that does not exist; `what` is a word of product.md."""
    return Refused(f"unknown_{what}", Kind.NOT_FOUND, field=field, value=value[:60])


def invalid(code: str, field: str, **params: Any) -> Refused:
    """The refusal for a value that can never be right; `field` names it."""
    return Refused(code, Kind.INVALID, field=field, **params)
