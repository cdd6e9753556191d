"""Where can a test break the program? At named points, through QS_FAILPOINT, and only with QS_TESTING=1."""

import os
import signal
import time
from itertools import count


def parse(environment: dict[str, str]) -> tuple[str, str, float]:
    """(point, action, number) from QS_FAILPOINT=<point>:<kill, raise or sleep>[:<number>]; empty when not testing.

    The number is how many seconds to sleep, or at which pass to kill or raise; 1 when not given.
    """
    if environment.get("QS_TESTING") != "1" or "QS_FAILPOINT" not in environment:
        return "", "", 0.0
    point, _, rest = environment["QS_FAILPOINT"].partition(":")
    action, _, number = rest.partition(":")
    return point, action, float(number or 1)


_POINT, _ACTION, _NUMBER = parse(dict(os.environ))
_passes = count(1)


class BrokenOnPurpose(Exception):
    """What the action `raise` raises."""


def _break(point: str) -> None:
    if point != _POINT:
        return
    if _ACTION == "sleep":
        time.sleep(_NUMBER)
    elif next(_passes) >= _NUMBER:
        if _ACTION == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise BrokenOnPurpose(point)


def _pass(point: str) -> None:
    """Outside tests there is nothing here."""


fail_point = _break if _POINT else _pass
