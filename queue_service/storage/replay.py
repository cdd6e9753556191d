"""Was this request answered before? A repeated Idempotency-Key gets the first answer, from the same transaction."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, delete, insert, select

from queue_service.model import AnsweredRequest, table
from queue_service.rules.errors import invalid
from queue_service.storage.hall import Hall
from queue_service.storage.rows import fetch_one, run

answered = table(AnsweredRequest)
KEPT = timedelta(hours=24)

_HERE = (answered.c.branch_id == bindparam("branch")) & (answered.c.key_hash == bindparam("key"))
FIRST, FORGET, KEEP = select(answered).where(_HERE), delete(answered).where(_HERE), insert(answered)


@dataclass(frozen=True)
class RequestKey:
    """An Idempotency-Key with what it was sent for: the caller (`scope`) and a digest of path and body."""

    key: str
    scope: str
    body_hash: str


def once(hall: Hall, key: RequestKey | None, answer: Callable[[Hall], Any]) -> Any:
    """The first answer for `key`, or that of `answer(hall)`, which is then kept a day; without a key, just that.

    Answers hold ticket tokens, which are nowhere stored in clear: an answer is sealed with the key it answers.
    Raises Refused(idempotency_key_reused) for the same key with another body or from another caller.
    """
    if key is None:
        return answer(hall)
    key_hash = hashlib.sha256(key.key.encode()).hexdigest()
    place = {"branch": hall.setup.branch_id, "key": key_hash}
    first = fetch_one(hall.connection, FIRST, **place)
    if first is not None and first.answered_at > hall.now - KEPT:
        if (first.scope, first.body_hash) != (key.scope, key.body_hash):
            raise invalid("idempotency_key_reused", "Idempotency-Key")
        return json.loads(_seal(hall, key).decrypt(first.sealed_answer[:12], first.sealed_answer[12:], None))
    result = answer(hall)
    if first is not None:
        run(hall.connection, FORGET, **place)
    nonce = os.urandom(12)
    sealed = nonce + _seal(hall, key).encrypt(nonce, json.dumps(result).encode(), None)
    run(
        hall.connection,
        KEEP,
        branch_id=hall.setup.branch_id,
        key_hash=key_hash,
        scope=key.scope,
        body_hash=key.body_hash,
        answered_at=hall.now,
        sealed_answer=sealed,
    )
    return result


def _seal(hall: Hall, key: RequestKey) -> AESGCM:
    return AESGCM(hashlib.sha256(hall.secret + b"\0" + key.scope.encode() + b"\0" + key.key.encode()).digest())
