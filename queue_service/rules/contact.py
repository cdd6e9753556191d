"""How can somebody be reached? A name, a phone number and perhaps an e-mail address, and when two are the same."""

import re
import unicodedata
from dataclasses import dataclass

from queue_service.rules.errors import invalid

LONGEST_NAME, LONGEST_PHONE, LONGEST_EMAIL = 120, 40, 254
_PHONE = re.compile(r"[+\d][\d\s().\-/–]*", re.ASCII)
_MAILBOX = re.compile(r"[^\s@<>\"(),;:\\\[\].]+(\.[^\s@<>\"(),;:\\\[\].]+)*")
_HOST = re.compile(r"[^\W_]([\w\-]*[^\W_])?(\.[^\W_]([\w\-]*[^\W_])?)+")
_JOINERS = "\u200c\u200d"
"""Letters of some alphabets need them."""


@dataclass(frozen=True)
class ContactFacts:
    name: str
    phone: str
    email: str | None = None

    @property
    def phone_key(self) -> str:
        """The same for one number written in several ways."""
        number = digits(self.phone).removeprefix("00")
        # Within its own country a Russian or Kazakh number begins with 8, from abroad with 7.
        return "7" + number[1:] if len(number) == 11 and number.startswith("8") else number

    @property
    def email_key(self) -> str | None:
        """The same for one mailbox written in several ways."""
        if self.email is None:
            return None
        mailbox, _, host = self.email.lower().rpartition("@")
        return f"{mailbox.split('+')[0]}@{host}"


def contact(name: str, phone: str, email: str | None = None) -> ContactFacts:
    """A contact as somebody gave it. Raises Refused: name_missing, invalid_phone, invalid_email, naming the field."""
    name, phone = " ".join(_visible(name).split()), _in_plain_digits(phone).strip()
    email = (email or "").strip() or None
    if not name or len(name) > LONGEST_NAME or not any(letter.isalpha() for letter in name):
        raise invalid("name_missing", "name", longest=LONGEST_NAME)
    if not _PHONE.fullmatch(phone) or not 5 <= len(digits(phone)) <= 15 or len(phone) > LONGEST_PHONE:
        raise invalid("invalid_phone", "phone")
    if email is not None and not can_be_written_to(email):
        raise invalid("invalid_email", "email")
    return ContactFacts(name, phone, email)


def host_for_mail(host: str) -> str:
    """The name by which mail servers know a host, whatever its alphabet. Raises UnicodeError when it can have none."""
    return host.encode("idna").decode("ascii")


def digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _visible(name: str) -> str:
    """Without what turns the direction of the text around it, or is not seen at all."""
    return "".join(letter for letter in name if unicodedata.category(letter) != "Cf" or letter in _JOINERS)


def _in_plain_digits(phone: str) -> str:
    """Digits of every alphabet are digits; otherwise one number could be given as several."""
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in phone)


def can_be_written_to(email: str) -> bool:
    """Whether a letter can be addressed to it; whether there is such a mailbox only the mail server knows."""
    mailbox, _, host = email.rpartition("@")
    if len(email) > LONGEST_EMAIL or _visible(email) != email or "=?" in mailbox:
        return False
    if not _MAILBOX.fullmatch(mailbox) or not _HOST.fullmatch(host):
        return False
    try:
        return bool(host_for_mail(host))
    except UnicodeError:
        return False
