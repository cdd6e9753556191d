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


def language_of_request() -> str:
    """The best language for whoever asks: `?lang=`, then Accept-Language, then English."""
    if (asked := request.args.get("lang", "")) in languages():
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
