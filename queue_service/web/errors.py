"""How is a refusal said over HTTP? As RFC 9457 problem+json, here and nowhere else."""

import json
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from queue_service.rules.errors import Kind, Refused
from queue_service.web.texts import language_of_request, problem_words

log = logging.getLogger(__name__)

STATUS = {
    Kind.NOT_FOUND: 404,
    Kind.INVALID: 422,
    Kind.CONFLICT: 409,
    Kind.UNAUTHORISED: 401,
    Kind.FORBIDDEN: 403,
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
    code: str, status: int, params: dict[str, object] | None = None, errors: list[dict[str, str]] | None = None
) -> Response:
    title, detail = problem_words(code, language_of_request(), params or {})
    if errors and not errors[0]["message"]:
        errors[0]["message"] = detail or title
    body: dict[str, Any] = {
        "type": f"/api/docs#{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = errors
    return Response(json.dumps(body, ensure_ascii=False), status, content_type="application/problem+json")


def refused(error: Refused) -> Response:
    errors = [{"field": error.field, "message": ""}] if error.field else None
    return problem(error.code, STATUS[error.kind], error.params, errors)


def invalid_body(error: ValidationError) -> Response:
    """Every field at fault, by its dotted name, with what is wrong with it."""
    if any(detail["type"] == "model_type" and not detail["loc"] for detail in error.errors()):
        return problem("invalid_json", 422, errors=[{"field": "body", "message": ""}])
    errors = [
        {"field": ".".join(str(part) for part in detail["loc"]) or "body", "message": detail["msg"]}
        for detail in error.errors(include_url=False, include_context=False, include_input=False)[:20]
    ]
    return problem("invalid_fields", 422, {"fields": ", ".join(entry["field"] for entry in errors)}, errors)


def register_errors(app: Flask) -> None:
    app.register_error_handler(Refused, refused)
    app.register_error_handler(ValidationError, invalid_body)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:  # the refusal was made already
        return error.response  # type: ignore[return-value]
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "invalid_json"}.get(
        error.code or 500, "bad_request" if (error.code or 500) < 500 else "unexpected"
    )
    errors = [{"field": "body", "message": ""}] if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else None
    return problem(code, error.code or 500, errors=errors)


def _unexpected(error: Exception) -> Response:
    log.exception("request %s %s %s failed", g.get("request_id", ""), request.method, request.path, exc_info=error)
    return problem("unexpected", 500)
