"""What does an alert say? How many breaches of which norm, where, since when, and where to take note of them."""

from typing import Any

from queue_service.notifications.letters import Hook, Letter
from queue_service.notifications.words import clock_words, plural, text_of, tree, words
from queue_service.storage.boards import moment
from queue_service.storage.office import Setup


def about_alert(message: Any, alert: Any, setup: Setup, base_url: str, secret: str | None) -> Letter:
    """The letter about an alert (a row with its rule); `secret` signs it when it goes to a webhook."""
    language, link = alert.language or setup.default_language, f"{base_url}/hall/{setup.code}"
    service = setup.services.get(setup.service_codes.get(alert.service_id, ""))
    is_passed = alert.breaches > 0
    norm = words(language, "hall" if is_passed else "norms", f"kinds.{alert.kind}")
    count, key = (alert.breaches, "breaches") if is_passed else (alert.at_risk, "at_risk")
    facts = {
        "office": text_of(setup.name, language, setup.default_language),
        "norm": norm,
        "service": "" if service is None else f", {text_of(service.name, language, setup.default_language)}",
        "count": plural(tree(language, "messages", f"letters.alert.{key}") or {"other": "{n}"}, count),
        "time": clock_words(alert.since, setup.time_zone),
        "link": link,
    }
    parts = ("subject", "text", "short") if is_passed else ("subject", "text_early", "short_early")
    subject, text, short = (words(language, "messages", f"letters.alert.{part}", **facts) for part in parts)
    hook = None if secret is None else Hook(alert.target, secret, _told(alert, setup, link))
    return Letter(
        f"message-{message.id}",
        language,
        subject,
        text,
        short,
        phone=alert.target,
        email=alert.target,
        hook=hook,
    )


def _told(alert: Any, setup: Setup, link: str) -> dict[str, Any]:
    return {
        "alert": str(alert.id),
        "branch": setup.code,
        "kind": alert.kind,
        "service": setup.service_codes.get(alert.service_id),
        "breaches": alert.breaches,
        "at_risk": alert.at_risk,
        "since": moment(alert.since),
        "raised_at": moment(alert.raised_at),
        "page": link,
    }
