"""A8, A9: several people move one ticket in the same moment; one order of their moves explains every answer."""

import asyncio
import os
import random
from collections import Counter
from itertools import permutations
from typing import Any

import httpx

from tests.faults.checker import check
from tests.faults.history import History
from tests.faults.installation import ZONE, Installation, Office
from tests.faults.players import Answer, Player, run

ROUNDS = int(os.environ.get("QS_ROUNDS", "25"))
"""Of each race, on each database; 500 for a release."""
ORDER = {"services": ["A"], "language": "ru", "channel": "kiosk"}
MOST_APART_SECONDS = 0.02

# The table of moves once more, as far as it is needed here; nothing is taken from the product.
ALLOWED: dict[str, dict[str, str]] = {
    "called": {"recall": "called", "no-show": "missed", "transfer": "transferred"},
    "serving": {"finish": "done", "transfer": "transferred"},
}
BODIES: dict[str, Any] = {"finish": {"outcome": "solved"}, "transfer": {"service": "B"}}
VERBS = ("recall", "transfer", "finish", "no-show")
LEDGER: dict[str, tuple[set[str], str]] = {
    "issue": ({""}, "waiting"),
    "call": ({"waiting"}, "called"),
    "recall": ({"called"}, "called"),
    "start": ({"called"}, "serving"),
    "no_show": ({"called"}, "missed"),
    "transfer": ({"called", "serving"}, "transferred"),
    "finish": ({"serving"}, "done"),
    "cancel": ({"waiting", "missed"}, "cancelled"),
}


def explained(state: str, answers: dict[str, bool]) -> bool:
    """Whether some order of these moves, from this state on, is answered just so."""
    for order in permutations(answers):
        now, given = state, {}
        for verb in order:
            after = ALLOWED.get(now, {}).get(verb)
            given[verb] = after is not None
            now = after or now
        if given == answers:
            return True
    return False


def illegal_transitions(moves: list[Any]) -> list[str]:
    """Entries that the table does not allow in the state in which their leg was."""
    states: dict[int, str] = {}
    wrong = []
    for entry in moves:
        if entry.leg_id is None:
            continue
        before, after = LEDGER[entry.move]
        if states.get(entry.leg_id, "") not in before:
            wrong.append(f"{entry.seq}: {entry.move} in state {states.get(entry.leg_id)}")
        states[entry.leg_id] = after
    return wrong


def test_of_moves_that_exclude_each_other_one_wins(running: Installation, history: History, note: Any) -> None:
    rules = {"recall_pause_seconds": 0, "calls_before_no_show": 1, "last_number": 99_999}
    office = running.office("moves", "AB", windows=2, **rules)
    (window, token), ports = office.windows[0], running.ports
    tabs = {verb: Player(history, verb, ports[i % len(ports)], ZONE, token) for i, verb in enumerate(VERBS)}
    visitor = Player(history, "visitor", ports[0], ZONE)
    winners: Counter[str] = Counter()

    async def press(verb: str, **body: Any) -> Answer:
        return await tabs.get(verb, tabs["recall"]).post(verb, f"/windows/{window}/{verb}", body)

    async def one_round(number: int) -> None:
        ticket = await visitor.post("issue", "/branches/moves/tickets", ORDER)
        leg = (await press("next"))["leg"]
        if number % 2:
            await press("start")
        order = random.sample(VERBS, len(VERBS))
        answers = await asyncio.gather(*(press(verb, leg=leg, **BODIES.get(verb, {})) for verb in order))
        won = {verb: answer["http"] == 200 for verb, answer in zip(order, answers, strict=True)}
        assert explained("serving" if number % 2 else "called", won), won
        assert all(answer["code"] and answer["detail"] for answer in answers if answer["http"] != 200)
        winners.update(verb for verb in won if won[verb])
        await visitor.post("cancel", f"/tickets/{ticket['token']}/cancel")

    async def play() -> None:
        await press("open")
        for number in range(ROUNDS):
            await one_round(number)

    run(play())
    found = check(history.events(), office.kept(), may_be_refused=(*VERBS, "cancel"))
    wrong = illegal_transitions(office.moves())
    note("A8", running.kind, rounds=ROUNDS, illegal_transitions=len(wrong), **dict(sorted(winners.items())))
    assert found.faults == 0, found.table()
    assert wrong == []
    assert sum(winners[verb] for verb in ("transfer", "finish", "no-show")) == ROUNDS
    assert office.replayed().deviations == []


def test_a_visitor_gives_up_while_being_called(running: Installation, history: History, note: Any) -> None:
    office = running.office("gives-up", last_number=99_999)
    window, token = office.windows[0]
    visitor = Player(history, "phone", running.ports[0], ZONE)
    operator = Player(history, "operator", running.ports[-1], ZONE, token)
    outcomes: Counter[str] = Counter()

    async def after(seconds: float, player: Player, op: str, path: str) -> Answer:
        await asyncio.sleep(max(0.0, seconds))
        return await player.post(op, path)

    async def one_round() -> None:
        ticket = await visitor.post("issue", "/branches/gives-up/tickets", ORDER)
        apart = random.uniform(-MOST_APART_SECONDS, MOST_APART_SECONDS)
        called, cancelled = await asyncio.gather(
            after(apart, operator, "next", f"/windows/{window}/next"),
            after(-apart, visitor, "cancel", f"/tickets/{ticket['token']}/cancel"),
        )
        assert (called["http"], cancelled["http"]) in {(200, 409), (204, 200)}
        outcome = "called" if called["http"] == 200 else "cancelled"
        outcomes[outcome] += 1
        for server in running.servers:
            assert everywhere(server.port, office, ticket) == outcome
        if outcome == "called":
            assert cancelled["code"] == "move_not_allowed"
            assert cancelled["detail"]
            await operator.post("start", f"/windows/{window}/start")
            await operator.post("finish", f"/windows/{window}/finish", {"outcome": "solved"})

    async def play() -> None:
        await operator.post("open", f"/windows/{window}/open")
        for _ in range(ROUNDS):
            await one_round()

    run(play())
    found = check(history.events(), office.kept())
    note("A9", running.kind, rounds=ROUNDS, **dict(sorted(outcomes.items())))
    assert found.faults == 0, found.table()
    assert illegal_transitions(office.moves()) == []
    assert office.replayed().deviations == []


def everywhere(port: int, office: Office, ticket: Answer) -> str:
    """What the phone, the desk and the hall say of a ticket; fails unless they agree."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1") as client:
        desk = client.get(f"/branches/{office.branch}/desk", headers={"Authorization": f"Bearer {office.rita}"}).json()
        hall = client.get(f"/branches/{office.branch}/hall").json()
        status = str(client.get(f"/tickets/{ticket['token']}").json()["status"])
    at_windows = {place["leg"]["number"] for place in desk["windows"] if place["leg"]}
    assert (ticket["number"] in at_windows) == (status == "called")
    assert (ticket["number"] in {call["number"] for call in hall["calls"]}) == (status == "called")
    assert (desk["waiting"], desk["waiting_total"]) == ([], 0)
    assert sum(line["waiting"] for line in hall["waiting"]) == 0
    return status
