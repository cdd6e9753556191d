"""In which words do we say it? The language files, read once; the browser pages get the same texts."""

import json
from functools import cache
from typing import Any

from flask import request

from queue_service.settings import pages_root

FALLBACK = "en"


@cache
def languages() -> dict[str, dict[str, Any]]:
    """Texts by language code; adding a file to common/languages adds a language."""
    files = sorted((pages_root() / "common" / "languages").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def language_of_request(preferred: str | None = None) -> str:
    """The language for whoever asks: `?lang=`, then the page's own, then Accept-Language, then English."""
    for asked in (request.args.get("lang"), preferred):
        if asked in languages():
            return asked
    return request.accept_languages.best_match(list(languages())) or FALLBACK


def problem_words(code: str, language: str, params: dict[str, object]) -> tuple[str, str]:
    """Title and detail of a refusal, in words; a key is never shown."""
    for texts in (languages().get(language, {}), languages().get(FALLBACK, {})):
        words = texts.get("problem", {}).get(code)
        if words:
            return _fill(words["title"], params), _fill(words["detail"], params)
    return code.replace("_", " ").capitalize(), ""


def _fill(words: str, params: dict[str, object]) -> str:
    for name, value in params.items():
        words = words.replace("{" + name + "}", str(value))
    return words


def plural(forms: dict[str, str], n: int) -> str:
    """The plural form for `n` (English and Slavic rules), with {n} filled in."""
    if "few" not in forms:
        form = "one" if n == 1 else "other"
    elif n % 10 == 1 and n % 100 != 11:
        form = "one"
    else:
        form = "few" if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else "many"
    return forms.get(form, forms["other"]).replace("{n}", str(n))
