"""How is a refusal said over HTTP? As RFC 9457 problem+json, here and nowhere else."""

import json
import logging
import re
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from queue_service.rules.errors import Kind, Refused, invalid
from queue_service.web.pages import not_found_page
from queue_service.web.texts import language_of_request, problem_words

log = logging.getLogger(__name__)

STATUS = {
    Kind.NOT_FOUND: 404,
    Kind.INVALID: 422,
    Kind.CONFLICT: 409,
    Kind.UNAUTHORISED: 401,
    Kind.FORBIDDEN: 403,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}


class FieldError(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """A refused request: nothing was changed."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] | None = None


def problem(
    code: str,
    status: int,
    params: dict[str, object] | None = None,
    errors: list[dict[str, str]] | None = None,
    more: dict[str, object] | None = None,
) -> Response:
    """A refusal in the language of the request; `more` are members that another standard asks for."""
    title, detail = problem_words(code, language_of_request(), params or {})
    if not request.path.startswith(("/api/", "/static/")) and request.accept_mimetypes.accept_html:
        page = not_found_page({"title": title, "detail": detail})
        return Response(page, status, content_type="text/html; charset=utf-8")
    if errors and not errors[0]["message"]:
        errors[0]["message"] = detail or title
    body: dict[str, Any] = {
        "type": f"/api/docs#{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **(more or {}),
    }
    if errors:
        body["errors"] = errors
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/problem+json")


def refused(error: Refused) -> Response:
    errors = [{"field": error.field, "message": ""}] if error.field else None
    return problem(error.code, STATUS[error.kind], error.params, errors, error.more)


def invalid_body(error: ValidationError) -> Response:
    """Every field at fault, by its dotted name, with what is wrong with it."""
    if any(detail["type"] == "model_type" and not detail["loc"] for detail in error.errors()):
        return problem("invalid_json", 422, errors=[{"field": "body", "message": ""}])
    errors = [
        {"field": ".".join(str(part) for part in detail["loc"] if part != "[key]") or "body", "message": _told(detail)}
        for detail in error.errors(include_url=False, include_input=False)[:20]
    ]
    return problem("invalid_fields", 422, {"fields": ", ".join(entry["field"] for entry in errors)}, errors)


def _told(detail: Any) -> str:
    """The words for our own checks come from the language files; pydantic's own are English."""
    told = dict(detail.get("ctx", {}))
    if "expected" in told:  # 'web' or 'phone': a list that reads in every language
        told["expected"] = str(told["expected"]).replace("'", "").replace(" or ", ", ")
    _, words = problem_words(detail["type"], language_of_request(), told)
    return words or str(detail["msg"])


def refuse_unreadable() -> None:
    """Before every request: text that no database can keep, and JSON that cannot be read, end here with a reason."""
    if "\0" in request.path:
        raise Refused("not_found", Kind.NOT_FOUND)
    if not request.path.startswith("/api/") or not request.content_length or request.blueprint == "files":
        return
    try:
        body = request.get_json()
    except RecursionError as error:
        raise invalid("invalid_json", "body") from error
    if _SUSPECT.search(request.get_data()) and (field := _unkeepable(body, "")):
        raise invalid("invalid_text", field)


_SUSPECT = re.compile(rb"\\u(0000|d[89a-f])", re.IGNORECASE)
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


def _unkeepable(value: object, path: str) -> str | None:
    """The dotted name of the first text with a NUL or half a character in it."""
    if isinstance(value, str):
        return path or "body" if _UNKEEPABLE.search(value) else None
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if _UNKEEPABLE.search(str(name)):
            return path or "body"
        if found := _unkeepable(part, f"{path}.{name}".lstrip(".")):
            return found
    return None


def register_errors(app: Flask) -> None:
    app.register_error_handler(Refused, refused)
    app.register_error_handler(ValidationError, invalid_body)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:  # the refusal was made already
        return error.response  # type: ignore[return-value]
    if error.code == HTTPStatus.BAD_REQUEST and request.path.startswith("/api/"):
        return problem("invalid_json", 400, errors=[{"field": "body", "message": ""}])
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "invalid_json"}.get(
        error.code or 500, "bad_request" if (error.code or 500) < 500 else "unexpected"
    )
    errors = [{"field": "body", "message": ""}] if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else None
    return problem(code, error.code or 500, errors=errors)


def _unexpected(error: Exception) -> Response:
    log.exception("request %s %s %s failed", g.get("request_id", ""), request.method, request.path, exc_info=error)
    return problem("unexpected", 500)
