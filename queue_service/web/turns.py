"""How does a long job give way? By a turn of the event loop, in which everybody runs who has something to do.

`gevent.sleep(0)` gives way to greenlets that are awake already and looks at the network after fifty such turns only: an
operator's request would wait for most of a broadcast.
"""

from gevent.hub import Waiter, get_hub


def give_way() -> None:
    """Come back after the network was looked at once, and whoever was spoken to has answered or waits again."""
    hub = get_hub()
    waiter, turn = Waiter(hub), hub.loop.async_()
    turn.start(waiter.switch, None)
    try:
        turn.send()
        waiter.get()
    finally:
        turn.stop()
        turn.close()
