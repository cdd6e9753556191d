"""The reference of live events, made from what may be told: `python -m tests.web.live_events` writes it anew."""

from collections.abc import Iterator
from pathlib import Path

from queue_service.rules.device import SETTINGS
from queue_service.web.audiences import BEAT, DEVICE, EVENTS, HALL, TICKET, ByName, Settings, Shape

DOCUMENT = Path(__file__).parents[2] / "docs" / "live-events.md"
PICTURES = {"HALL": HALL, "TICKET": TICKET, "BEAT": BEAT, "DEVICE": DEVICE}
HEARD_BY = {
    "hall": "everybody at a branch: `{branch}`, or a device",
    "ticket": "a phone: `{ticket}`",
    "phones": "every phone of a branch",
}
HEAD = """# Live events

Made by `python -m tests.web.live_events` from `queue_service/web/audiences.py`, which a test of every event holds the
servers to. Nothing that is not listed here is told to the public.

Connect with Socket.IO (protocol 5) to the namespace `/live`. What you are told follows from `auth` alone; no client
names a room, and whatever a client sends is ignored (50 events at once, then 5 a second; more ends the connection).

| `auth` | told |
|---|---|
| `{branch: CODE}` | the public hall of the branch |
| `{ticket: TOKEN}` | that ticket, and when the hall's version moves on |
| `{device: KEY, version: PAGE}` | the public hall of the device's branch, and `device` |
| `{staff: true, branch: CODE}`, with a session's cookie or a bearer token | staff's picture: `GET …/CODE/desk` |

Refused with a code: `unknown_branch`, `unknown_ticket`, `unknown_device_key`, `not_signed_in`, `not_your_branch`,
`too_many_clients`, `too_many_from_here` (one address has `sockets_per_address` of them, 5,000; devices and staff do
not count; behind a proxy of yours set `trusted_proxies`). The connection of another origin's page is ended before it
hears anything.

`snapshot` comes first, then `change` after every change: whole pictures, of which the one with the higher `version` is
right. The `change` of a ticket leaves out `services` and `branch` while they are as they were. `beat` says, after ten
quiet seconds, that nothing was missed: fetch the picture by HTTP when its `version` is not yours (a phone may
take it over). Times are ISO 8601 in UTC.
"""


def heard_by(kind: str, event: str) -> str:
    return "that device alone" if event == "device" else HEARD_BY[kind]


def document() -> str:
    names = {id(shape): name for name, shape in PICTURES.items()}
    rows = [f"| `{event}` | {heard_by(kind, event)} | {names[id(shape)]} |" for (kind, event), shape in EVENTS.items()]
    parts = [HEAD, "| event | heard by | picture |\n|---|---|---|", *rows]
    for name, shape in PICTURES.items():
        parts += [f"\n## {name}\n", "| part | what it is |\n|---|---|", *(f"| {row} |" for row in _rows(shape))]
    return "\n".join(parts) + "\n"


def _rows(shape: Shape, where: str = "") -> Iterator[str]:
    if isinstance(shape, dict):
        for key, inner in shape.items():
            yield from _rows(inner, f"{where}.{key}" if where else key)
    elif isinstance(shape, list):
        yield from _rows(shape[0], f"{where}[]")
    elif isinstance(shape, Settings):
        for role, form in SETTINGS.items():
            told = ", ".join(f"`{name}`" for name in (*form.model_fields, *form.model_computed_fields))
            yield f"`{where}` of a {role} | {told or 'nothing is set'}"
    else:
        yield f"`{where}.*` | {shape.what}" if isinstance(shape, ByName) else f"`{where}` | {shape}"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
