"""How can somebody be reached? A name, a phone number and perhaps an e-mail address, and when two are the same."""

import re
from dataclasses import dataclass

from queue_service.rules.errors import invalid

LONGEST_NAME, LONGEST_PHONE, LONGEST_EMAIL = 120, 40, 254
_PHONE = re.compile(r"[+\d][\d\s().\-/–]*")
_EMAIL = re.compile(r"[^\s@<>\",;:\\]+@[^\s@<>\",;:\\.]+(\.[^\s@<>\",;:\\.]+)+")


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
    name, phone, email = " ".join(name.split()), phone.strip(), (email or "").strip() or None
    if not name or len(name) > LONGEST_NAME or not any(letter.isalpha() for letter in name):
        raise invalid("name_missing", "name", longest=LONGEST_NAME)
    if not _PHONE.fullmatch(phone) or not 5 <= len(digits(phone)) <= 15 or len(phone) > LONGEST_PHONE:
        raise invalid("invalid_phone", "phone")
    if email is not None and (not _EMAIL.fullmatch(email) or len(email) > LONGEST_EMAIL):
        raise invalid("invalid_email", "email")
    return ContactFacts(name, phone, email)


def digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
