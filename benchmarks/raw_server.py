"""What would a server without rules do? The product's web server, with a bare route, and routes that run plain SQL.

`python -m benchmarks.raw_server PORT KIND URL DATA` answers where the product answers, as far as a load needs it.
"""

from gevent import monkey

monkey.patch_all()

import socket
import sys
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, request
from gevent import sleep
from gevent.lock import BoundedSemaphore
from gevent.pywsgi import WSGIServer
from geventwebsocket.handler import WebSocketHandler

from benchmarks.raw_sql import Raw, raw


def serve(port: int, plain: Raw) -> None:
    app, one_at_a_time = Flask(__name__), BoundedSemaphore()
    app.teardown_request(lambda _: sleep(0))
    serving: dict[int, int] = {}

    @app.post("/bare")
    def echo() -> Any:
        return jsonify(request.get_json()), 201

    @app.post("/api/v1/branches/bench/tickets")
    def ticket() -> Any:
        with one_at_a_time:
            plain.ticket()
        return jsonify(request.get_json()), 201

    @app.post("/api/v1/windows/<int:window>/next")
    def call(window: int) -> Any:
        with one_at_a_time:
            leg = plain.call(window)
        if leg is None:
            return "", 204
        serving[window] = leg
        return jsonify(number=str(leg))

    @app.post("/api/v1/windows/<int:window>/<move>")
    def move(window: int, move: str) -> Any:
        with one_at_a_time:
            plain.move(serving[window], move, window)
        return jsonify(request.get_json())

    server = WSGIServer(("127.0.0.1", port), app, handler_class=WebSocketHandler, log=None)
    server.start()
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.serve_forever()


if __name__ == "__main__":
    with raw(sys.argv[2], sys.argv[3], Path(sys.argv[4])) as plain:
        serve(int(sys.argv[1]), plain)
