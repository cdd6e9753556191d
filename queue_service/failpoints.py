"""Where can a test break the program? At named points, through QS_FAILPOINT, and only with QS_TESTING=1."""

import os
import signal
import time


def parse(environment: dict[str, str]) -> tuple[str, str, float]:
    """(point, action, seconds) from QS_FAILPOINT=<point>:<kill, raise or sleep>[:<seconds>]; empty when not testing."""
    if environment.get("QS_TESTING") != "1" or "QS_FAILPOINT" not in environment:
        return "", "", 0.0
    point, _, rest = environment["QS_FAILPOINT"].partition(":")
    action, _, seconds = rest.partition(":")
    return point, action, float(seconds or 1)


_POINT, _ACTION, _SECONDS = parse(dict(os.environ))


class BrokenOnPurpose(Exception):
    """What the action `raise` raises."""


def _break(point: str) -> None:
    if point != _POINT:
        return
    if _ACTION == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if _ACTION == "sleep":
        time.sleep(_SECONDS)
    if _ACTION == "raise":
        raise BrokenOnPurpose(point)


def _pass(point: str) -> None:
    """Outside tests there is nothing here."""


fail_point = _break if _POINT else _pass
