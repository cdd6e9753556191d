"""What messages go to, besides the mail server of tests/mail.py."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest


@pytest.fixture
def gateway() -> Iterator[tuple[int, list[Any], list[int]]]:
    """A messenger's HTTP interface: its port, what it got, and the statuses it answers with before 200."""
    got: list[Any] = []
    answers: list[int] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = answers.pop() if answers else 200
            if status == 200:
                got.append((self.path, body["message"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Take)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, got, answers
    server.shutdown()
    server.server_close()
