"""Has the caller's machine worked for it? A puzzle of altcha: one browser solves it at once, a thousand bots do not.

Nothing is kept of a puzzle until it is used: what is asked stands in it, under our signature. A solution opens searches
until it expires, and one hold.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from altcha.v1 import ChallengeOptions, Payload, create_challenge, verify_solution
from flask import request
from sqlalchemy import Connection, func, select

from queue_service.model import SpentProof, table
from queue_service.rules.errors import Kind, Refused
from queue_service.storage.appointments import hold_table
from queue_service.storage.boards import Board
from queue_service.storage.hall import Hall
from queue_service.storage.office import Setup
from queue_service.storage.slots import BY_STAFF, Wish
from queue_service.web.callers import address_hash
from queue_service.web.office import office

HEADER = "X-Proof-Of-Work"
LASTS = timedelta(minutes=10)
LONGEST = 2000
HARDEST = 10_000_000
spent_table = table(SpentProof)


def work_for(setup: Setup, wish: Wish) -> int:
    """How many hashes a visitor's browser tries at most before it may look for this; 0 for none."""
    if wish.channel in BY_STAFF:
        return 0
    services = (setup.services.get(code) for code in wish.services)
    terms = (service.booking for service in services if service is not None)
    return max((facts.protections.proof_of_work for facts in terms if facts is not None), default=0)


def challenge_for(wish: Wish) -> Callable[[Connection, Setup, datetime], Board]:
    """A puzzle for whoever asks now: harder for an address that keeps slots already. Empty when none is asked."""
    address, secret = address_hash(), office().database.secret

    def challenge(connection: Connection, setup: Setup, now: datetime) -> Board:
        work = work_for(setup, wish)
        if not work:
            return {}
        c = hold_table.c
        live = (c.branch_id == setup.branch_id) & (c.address == address) & (c.expires_at > now)
        kept = connection.execute(select(func.count()).select_from(hold_table).where(live)).scalar_one()
        options = ChallengeOptions(
            max_number=min(work * (1 + kept), HARDEST),
            hmac_key=_key(secret),
            expires=now + LASTS,
            params={"branch": setup.code},
        )
        return dict(create_challenge(options).to_dict())

    return challenge


def of_request(branch: str, wish: Wish) -> str | None:
    """The hash of the proof that was sent; None when none is asked. Raises Refused(proof_needed) with a puzzle."""
    sent, secret = request.headers.get(HEADER, ""), office().database.secret
    challenge = challenge_for(wish)

    def look(connection: Connection, setup: Setup, now: datetime) -> str | None:
        if not work_for(setup, wish):
            return None
        if len(sent) > LONGEST or not _is_solved(sent, setup.code, now, secret):
            more: dict[str, object] = {"challenge": challenge(connection, setup, now)}
            raise Refused("proof_needed", Kind.FORBIDDEN, field=HEADER, more=more)
        # The puzzle names the proof: one solution can be written down in many ways.
        return hashlib.sha256(Payload.from_base64(sent).challenge.encode()).hexdigest()

    found: str | None = office().board(branch, look)
    return found


def spend(hall: Hall, proof: str | None) -> None:
    """Use a proof for good, under the lock of the branch that its puzzle names. Raises Refused(proof_spent) when that
    has been done before.
    """
    if proof is None:
        return
    used = select(spent_table.c.proof_hash).where(spent_table.c.proof_hash == proof)
    if hall.connection.execute(used).first() is not None:
        raise Refused("proof_spent", Kind.FORBIDDEN, field=HEADER)
    hall.connection.execute(spent_table.insert().values(proof_hash=proof, expires_at=hall.now + LASTS))


def _is_solved(sent: str, branch: str, now: datetime, secret: bytes) -> bool:
    try:
        payload = Payload.from_base64(sent)
        _, expires, params = payload.parse_salt()
        is_ours: Any = verify_solution(sent, _key(secret), check_expires=False)[0]
    except (AttributeError, KeyError, TypeError, UnicodeError, ValueError):
        return False
    is_current = expires is not None and datetime.fromtimestamp(expires, UTC) > now
    return bool(is_ours) and is_current and params.get("branch") == [branch]


def _key(secret: bytes) -> bytes:
    return hmac.new(secret, b"proof of work", hashlib.sha256).digest()
