"""How many connections may one address have? So many that a whole hall behind one address is served, and no more.

Devices and staff do not count; who has not said yet who they are does. The counts rise as clients come and are taken
anew twice a second (watch.py), so a client that went away without a word is not counted for long.
"""

from collections import Counter
from typing import Any

from queue_service.rules.errors import Kind, Refused
from queue_service.web.callers import network_of

NETWORK, IS_OFFICE = "queue_service.network", "queue_service.is_office"
"""What is noted with a connection: where it comes from, and whether it is a device or staff."""
AT_THE_DOOR = 500
"""So many beyond the limit may wait to say who they are: a device or a desk may be among them."""


class Crowding:
    def __init__(self, most: int) -> None:
        self.most = most
        self._of: Counter[str] = Counter()

    def may_knock(self, environ: dict[str, Any]) -> bool:
        """Whether a new connection is listened to at all."""
        network = environ[NETWORK] = network_of(environ.get("REMOTE_ADDR", ""))
        self._of[network] += 1
        return self._of[network] <= self.most + AT_THE_DOOR

    def refuse_too_many(self, environ: dict[str, Any]) -> None:
        """For one of the public; raises Refused(too_many_from_here) when its address has enough of them."""
        if self._of[environ[NETWORK]] > self.most:
            raise Refused("too_many_from_here", Kind.UNAVAILABLE)

    def spare(self, environ: dict[str, Any]) -> None:
        """A device or a desk: it counts for nobody."""
        if not environ.get(IS_OFFICE):
            environ[IS_OFFICE] = True
            self._of[environ[NETWORK]] -= 1

    def count(self, environs: list[dict[str, Any]]) -> None:
        """Those who are connected now."""
        public = [environ for environ in environs if NETWORK in environ and not environ.get(IS_OFFICE)]
        self._of = Counter(environ[NETWORK] for environ in public)
