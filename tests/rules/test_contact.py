"""Who can be reached how: what people type is taken where it means something, and one number is one number."""

import pytest

from queue_service.rules.contact import contact, host_for_mail
from queue_service.rules.errors import Refused

PHONE = "+44 20 7946 0001"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada \n Lovelace ", "Ada Lovelace"),
        ("\u202eевЕ", "евЕ"),  # turns all that is written after it
        ("A\u200bda\ufeff", "Ada"),
        ("نیم\u200cفاصله", "نیم\u200cفاصله"),  # the alphabet needs it
        ("<b>Bob</b>", "<b>Bob</b>"),
    ],
)
def test_a_name_is_kept_as_it_reads(typed: str, kept: str) -> None:
    assert contact(typed, PHONE).name == kept


@pytest.mark.parametrize("name", ["", " ", "12345", "\u200b\u202e", "Ж" * 121])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(Refused, match="name_missing"):
        contact(name, PHONE)


@pytest.mark.parametrize(
    "phone", [PHONE, "00442079460001", "+44(20)7946-0001", "+44 20 7946 0００1", "+٤٤ ٢٠ ٧٩٤٦ ٠٠٠١"]
)
def test_one_number_is_one_contact_in_whatever_digits(phone: str) -> None:
    assert contact("Ada", phone).phone_key == "442079460001"


@pytest.mark.parametrize(
    "phone", ["", "1234", "+", "++44 20 7946 0001", "1" * 16, "tel:12345", "²³²³²³", "one two three"]
)
def test_what_is_no_phone_number(phone: str) -> None:
    with pytest.raises(Refused, match="invalid_phone"):
        contact("Ada", phone)


@pytest.mark.parametrize(
    "email", ["a@b.c", "анна@почта.рф", "anna@пример.рф", "o'brien+x@mail.example.org", "李@例子.中国", "a_b@c-d.org"]
)
def test_a_mailbox_may_be_written_in_any_alphabet(email: str) -> None:
    assert contact("Ada", PHONE, f" {email} ").email == email


@pytest.mark.parametrize(
    "email",
    ["a@b", "a@@b.c", "a@b..c", ".a@b.c", "a.@b.c", "a..b@c.d", "a@-b.c", "a@b-.c", "a@[127.0.0.1]", "a(b)@c.d",
     "a b@c.d", "mailto:a@b.c", "a@b.c,", "a@b.c.", "a@b.c\nBcc: z@z.z", "a@\u202eb.c", "=?utf-8?q?x?=@c.org", "@b.c",
     "a@" + "b" * 64 + ".org", "a" * 250 + "@b.org"],
)  # fmt: skip
def test_what_no_letter_can_be_sent_to(email: str) -> None:
    with pytest.raises(Refused, match="invalid_email"):
        contact("Ada", PHONE, email)


def test_mail_servers_know_every_host_by_a_latin_name() -> None:
    assert host_for_mail("почта.рф") == "xn--80a1acny.xn--p1ai"
    assert host_for_mail("example.org") == "example.org"
