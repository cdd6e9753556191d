"""Who comes to the demo? A gentle stream of visitors, and operators who serve them, through the public interface."""

import random
from collections.abc import Mapping, Sequence

import gevent
import httpx

EVERY_SECONDS = 25.0
SERVICE_SECONDS = (20.0, 60.0)
NO_SHOW_SHARE = 0.08


def start_visitors(url: str, branch: str, tokens: dict[str, str], services: Sequence[str]) -> None:
    """Start the greenlets: one that takes tickets, one for each window in `tokens` (window code → API token)."""
    gevent.spawn(_arrive, url, branch, services)
    for window, token in tokens.items():
        gevent.spawn(_serve, url, branch, window, token)


def _arrive(url: str, branch: str, services: Sequence[str]) -> None:
    chance = random.Random()
    with httpx.Client(base_url=f"{url}/api/v1") as client:
        while True:
            order = {"services": [chance.choice(services)], "language": chance.choice(["ru", "en"]), "channel": "kiosk"}
            _try(client, f"/branches/{branch}/tickets", order)
            gevent.sleep(chance.expovariate(1 / EVERY_SECONDS))


def _serve(url: str, branch: str, code: str, token: str) -> None:
    chance = random.Random()
    headers = {"Authorization": f"Bearer {token}"}
    gevent.sleep(chance.uniform(0, 6))
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers) as client:
        desk = client.get(f"/branches/{branch}/desk").json()
        window = next((one["id"] for one in desk["windows"] if one["code"] == code), None)
        if window is None or not _try(client, f"/windows/{window}/open", {}):
            return
        while True:
            _serve_one(client, f"/windows/{window}", chance)


def _serve_one(client: httpx.Client, window: str, chance: random.Random) -> None:
    # Whatever an earlier run left at the window is finished first: `next` answers 409 until then.
    called = _try(client, f"{window}/next", {})
    gevent.sleep(chance.uniform(6, 14))
    if called and called.status_code == 204:
        return
    if chance.random() < NO_SHOW_SHARE:
        _try(client, f"{window}/recall", {})
        gevent.sleep(8)
        if _try(client, f"{window}/no-show", {}):
            return
    _try(client, f"{window}/start", {})
    gevent.sleep(chance.uniform(*SERVICE_SECONDS))
    _try(client, f"{window}/finish", {"outcome": "solved"})


def _try(client: httpx.Client, path: str, body: Mapping[str, object]) -> httpx.Response | None:
    """The answer, or None when it was refused or the server did not answer; visitors shrug and go on."""
    try:
        answer = client.post(path, json=body)
    except httpx.HTTPError:
        return None
    return answer if answer.is_success else None
