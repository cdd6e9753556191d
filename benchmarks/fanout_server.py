"""Which server is measured? The product as it runs, or the same with the Socket.IO library as it comes.

QS_BENCH_SOCKETS=stock is read here and nowhere else: the product itself has no such switch.
"""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

from socketio import Manager  # noqa: E402

from queue_service.app import serve  # noqa: E402
from queue_service.settings import load_settings  # noqa: E402
from queue_service.web import live  # noqa: E402


def as_it_comes() -> None:
    """Nothing of ours stands between the library and its clients."""

    def stock_manager(_: Any) -> Any:
        return Manager()

    setattr(live, "FramingManager", stock_manager)  # noqa: B010
    setattr(live, "use_wires", lambda engine: None)  # noqa: B010


if __name__ == "__main__":
    if os.environ["QS_BENCH_SOCKETS"] == "stock":
        as_it_comes()
    serve(load_settings(port=int(sys.argv[1]), database=sys.argv[2]))
