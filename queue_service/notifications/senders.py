"""How does a message leave the house? By e-mail through a mail server, by messenger or SMS through apprise."""

import logging
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import TracebackType
from typing import Protocol
from urllib.parse import quote

from queue_service.clock import Clock
from queue_service.model.appointment import MessageChannel
from queue_service.notifications.letters import Letter
from queue_service.rules.contact import digits, host_for_mail
from queue_service.settings import PHONE, Settings

SECONDS_TO_ANSWER = 20.0


class NotReached(Exception):
    """Nothing can be sent now, whatever the letter; the text says why, and names nobody."""


class NotTaken(Exception):
    """This letter was not taken now."""


class NeverTaken(Exception):
    """This letter will never be taken: there is no such mailbox."""


class Sender(Protocol):
    """One channel, open between `with` and its end. `send` raises NotReached, NotTaken or NeverTaken."""

    channel: MessageChannel

    def __enter__(self) -> "Sender": ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def send(self, letter: Letter) -> None: ...


class Mail:
    """E-mail; one conversation with the mail server for all letters of a run."""

    channel = MessageChannel.EMAIL

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> "Mail":
        return self

    def __exit__(self, *_: object) -> None:
        line, self._line = self._line, None
        if line is not None:
            try:
                line.quit()
            except (OSError, smtplib.SMTPException):
                line.close()

    def send(self, letter: Letter) -> None:
        try:
            self._line = self._line or self._connected()
            self._line.send_message(self._written(letter))
        except smtplib.SMTPRecipientsRefused as error:
            self._refused(next(iter(error.recipients.values()))[0])
        except smtplib.SMTPNotSupportedError as error:
            raise NeverTaken("unsupported address") from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            self._refused(error.smtp_code, is_senders_fault=isinstance(error, smtplib.SMTPSenderRefused))
        except (OSError, smtplib.SMTPException) as error:
            line, self._line = self._line, None
            if line is not None:
                line.close()
            raise NotReached(_named(error)) from error

    def _refused(self, code: int, *, is_senders_fault: bool = False) -> None:
        """A server that refuses one letter may take the next; its words may name people, so only the code is kept."""
        if self._line is not None:
            self._line.rset()
        if is_senders_fault:
            raise NotReached(f"sender refused {code}")
        raise NeverTaken(f"refused {code}") if 500 <= code < 600 else NotTaken(f"refused {code}")

    def _connected(self) -> smtplib.SMTP:
        """A conversation with the mail server, encrypted and logged in as the settings say; raises NotReached."""
        try:
            return self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise NotReached(_named(error)) from error

    def _connect(self) -> smtplib.SMTP:
        s = self._settings
        if s.mail_tls == "tls":
            context = ssl.create_default_context()
            line: smtplib.SMTP = smtplib.SMTP_SSL(s.mail_host, s.mail_port, timeout=SECONDS_TO_ANSWER, context=context)
        else:
            line = smtplib.SMTP(s.mail_host, s.mail_port, timeout=SECONDS_TO_ANSWER)
        try:
            if s.mail_tls == "starttls":
                line.starttls(context=ssl.create_default_context())
            if s.mail_user:
                line.login(s.mail_user, s.mail_password)
        except BaseException:
            line.close()
            raise
        return line

    def _written(self, letter: Letter) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._settings.mail_sender
        # By its parts: a mailbox in other letters than Latin cannot be read from one text. Its host has a Latin name.
        mailbox, _, host = (letter.email or "").rpartition("@")
        mail["To"] = Address(letter.name, mailbox, host_for_mail(host))
        mail["Subject"] = letter.subject
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = f"<{letter.id}@{self._settings.mail_domain}>"
        mail["Content-Language"] = letter.language
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text)
        for file in letter.files:
            main, _, sub = file.kind.partition("/")
            if main == "text":  # as text, so that its letters are named as UTF-8
                mail.add_attachment(file.content.decode(), subtype=sub, filename=file.name)
            else:
                mail.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
        return mail


def _named(error: Exception) -> str:
    """An error by its kind and code alone: its words may name people."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ + (f" {code}" if code else "")


REASONS = {
    "SMTPAuthenticationError": "login",
    "SSLCertVerificationError": "certificate",
    "SMTPNotSupportedError": "encryption",
    "SSL": "encryption",
    "sender refused": "sender",
    "refused 5": "no_mailbox",
    "unsupported address": "no_mailbox",
    "refused 4": "later",
    "not taken": "later",
    "text_gateway": "gateway",
    "too_late": "too_late",
    "private_address": "private_address",
    "no_secret": "no_secret",
    "answered": "receiver",
}
UNREACHABLE = (
    "SMTP",
    "ConnectionRefused",
    "ConnectionReset",
    "Timeout",
    "timeout",
    "gaierror",
    "OSError",
    "BrokenPipe",
    "RemoteDisconnected",
)
OF_RECEIVERS = {
    "certificate": "receiver_certificate",
    "encryption": "receiver_unreachable",
    "unreachable": "receiver_unreachable",
}
"""A webhook's receiver is no mail server: what is to be mended is somewhere else."""


def reason_of(error: str, channel: str = MessageChannel.EMAIL) -> str:
    """What an administrator is told of an error that was written down with a message: a word that has a text."""
    found = next((reason for beginning, reason in REASONS.items() if error.startswith(beginning)), None)
    reason = found or ("unreachable" if error.startswith(UNREACHABLE) else "fault")
    return OF_RECEIVERS.get(reason, reason) if channel == MessageChannel.WEBHOOK else reason


class Texts:
    """A messenger, or an SMS gateway: any address that apprise knows, with {phone} where the number goes."""

    channel = MessageChannel.TEXT

    def __init__(self, address: str) -> None:
        self._address = address
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings name numbers

    def __enter__(self) -> "Texts":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, letter: Letter) -> None:
        from apprise import Apprise  # a second and 30 MB, for installations that use it

        gateway = Apprise()
        if not gateway.add(self._address.replace(PHONE, quote(digits(letter.phone)))):
            raise NotReached("text_gateway is no address that apprise knows")
        if not gateway.notify(body=letter.short):
            raise NotTaken("not taken")


def senders_of(settings: Settings, clock: Clock) -> list[Sender]:
    """The channels that are configured."""
    found: list[Sender] = []
    if settings.mail_host:
        found.append(Mail(settings, clock))
    if settings.text_gateway:
        found.append(Texts(settings.text_gateway))
    return found
