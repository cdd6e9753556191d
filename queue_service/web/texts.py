"""In which words do we answer? Those of the language that the request asks for."""

from flask import request

from queue_service.notifications.words import FALLBACK, fill, languages, plural, wait_words

__all__ = ["FALLBACK", "language_of_request", "languages", "plural", "problem_words", "wait_words"]


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
            return fill(words["title"], params), fill(words["detail"], params)
    return code.replace("_", " ").capitalize(), ""
