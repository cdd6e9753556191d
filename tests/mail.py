"""A mail server for tests: it speaks SMTP on a port, and can be told to refuse, to be silent, or to go away."""

import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

ACCEPTED = "250 OK"


class MailServer:
    """What was delivered is in `letters`, in order."""

    def __init__(self, port: int, **options: Any) -> None:
        self.port = port
        self._options = options
        """What aiosmtpd is told besides: encryption, who may log in."""
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        """By recipient: what is said instead of OK."""
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30, **self._options)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait_for(self, letters: int, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while len(self.letters) < letters:
            assert time.monotonic() < deadline, f"{len(self.letters)} letters came in {seconds} s"
            time.sleep(0.05)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.answers.get(address, ACCEPTED)
        if answer == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return ACCEPTED
