"""How do the parts join? Settings become a database, a Flask application, live updates, jobs and a server."""

import gc
import logging
import resource
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from flask_openapi3 import Info, OpenAPI  # type: ignore[attr-defined]
from gevent import sleep
from gevent.pywsgi import WSGIServer
from gevent.threadpool import ThreadPool
from geventwebsocket.handler import WebSocketHandler
from werkzeug.middleware.proxy_fix import ProxyFix

from queue_service import __version__
from queue_service.actions.due import catch_up
from queue_service.clock import Clock, parse_clock
from queue_service.jobs.schedule import start_jobs
from queue_service.jobs.waits import WaitingTimes
from queue_service.notifications.senders import Sender, senders_of
from queue_service.notifications.speech import Speech
from queue_service.notifications.webhooks import Webhooks
from queue_service.settings import BadSettings, Settings
from queue_service.storage.database import Database
from queue_service.storage.schema import require_current_schema
from queue_service.web import (
    admin,
    admin_devices,
    admin_messages,
    admin_rosters,
    booking,
    breaches,
    calendar,
    devices,
    files,
    forecast,
    health,
    notices,
    pages,
    public,
    quality,
    reports,
    speech,
    staff,
    waiting,
)
from queue_service.web.errors import invalid_body, refuse_unreadable, register_errors
from queue_service.web.live import Live
from queue_service.web.office import Office
from queue_service.web.turns import give_way

log = logging.getLogger(__name__)
APIS = (
    public.api,
    booking.api,
    calendar.api,
    waiting.api,
    speech.api,
    notices.api,
    staff.api,
    reports.api,
    breaches.api,
    quality.api,
    forecast.api,
    admin.api,
    admin_rosters.api,
    admin_devices.api,
    admin_messages.api,
    devices.api,
    files.api,
    health.api,
)
LARGEST_BODY = 8 * 1024 * 1024
SWITCH_SECONDS = 0.001
"""So long a native thread (waiting times, passwords) may keep the interpreter from the event loop; usual are 5 ms."""
SPARE_FILES = 256
"""For the database, logs, and requests that are no sockets."""

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; media-src 'self' blob:; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)


def open_database(settings: Settings, clock: Clock | None = None) -> Database:
    """The database of this installation; raises ValueError for a clock that cannot be read."""
    return Database(settings.database_url, clock or parse_clock(settings.clock), settings.secret(), catch_up)


def create_app(database: Database, settings: Settings) -> Flask:
    """The whole web application on one database; live updates are at `app.extensions["live"]`."""
    app = OpenAPI(
        __name__,
        info=Info(title="Queue service", version=__version__),
        doc_prefix="/api",
        doc_url="/openapi.json",
        static_folder=None,
        validation_error_callback=invalid_body,
    )
    # No SECRET_KEY: nothing is kept in Flask's own sessions.
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, JSON_SORT_KEYS=False)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["office"] = Office(database, settings)
    app.extensions["speech"] = Speech(settings.data / "speech", settings.speech_command)
    for api in APIS:
        app.register_api(api)
    app.register_blueprint(pages.pages)
    app.before_request(_mark_request)
    app.before_request(refuse_unreadable)
    app.after_request(_protect)
    register_errors(app)
    app.extensions["health"] = health.Health(app.extensions["office"])
    app.extensions["live"] = Live(app, app.extensions["office"])
    if settings.trusted_proxies:  # around the sockets too: they count connections by address
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)  # type: ignore[method-assign]
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, generated from the code; needs no database file."""
    app = create_app(Database("sqlite://", parse_clock(None)), Settings())
    with app.test_client() as client:
        return dict(client.get("/api/openapi.json").json)  # type: ignore[arg-type]


def serve(settings: Settings, on_ready: Any = None) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first."""
    database = open_database(settings)
    require_current_schema(database)
    sys.setswitchinterval(SWITCH_SECONDS)
    database.share_commits()
    database.offload = _in_thread(ThreadPool(2))
    database.give_way = give_way
    app = create_app(database, settings)
    app.teardown_request(lambda _: sleep(0))  # a busy keep-alive client must not starve the others
    server = WSGIServer((settings.host, settings.port), app, handler_class=WebSocketHandler, log=None)
    _listen(server, settings)
    # Head and body leave as two segments: without this the second waits 40 ms for the first one's acknowledgement.
    server.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    WaitingTimes(database, _in_thread(ThreadPool(1)), app.extensions["live"].look_again).start()
    scheduler = start_jobs(database, _senders(settings, database.clock), settings.base_url)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop(timeout=5))
    if on_ready:
        on_ready(app)
    _spare_what_stays()
    server.serve_forever()
    scheduler.shutdown(wait=False)
    database.close()


def _listen(server: WSGIServer, settings: Settings) -> None:
    try:
        server.start()
    except OSError as error:
        here = f"{settings.host}:{settings.port}"
        advice = "Is another server running there? --port or QS_PORT names another port."
        raise BadSettings(f"cannot listen at {here}: {error.strerror}. {advice}") from error


def _senders(settings: Settings, clock: Clock) -> list[Sender]:
    return [*senders_of(settings, clock), Webhooks(settings, clock)]


def _allow_connections(wanted: int) -> None:
    """As many open files as this account may have; says so when they are too few for all clients."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most != resource.RLIM_INFINITY and most < wanted + SPARE_FILES:
        log.warning(
            "this account may have %d files open: enough for %d clients, not for %d; raise it (ulimit -n, LimitNOFILE)",
            most, max(0, most - SPARE_FILES), wanted,
        )  # fmt: skip


def _spare_what_stays() -> None:
    """Tell the garbage collector that everything built so far stays: else it walks all of it again and again, for
    a tenth of a second each time, while a hall waits."""
    gc.collect()
    gc.freeze()


def _in_thread(pool: ThreadPool) -> Callable[[Callable[[], Any]], Any]:
    """Runs work in the pool and brings back its result or its exception (which the pool itself would print)."""

    def attempt(work: Callable[[], Any]) -> tuple[Any, BaseException | None]:
        try:
            return work(), None
        except BaseException as error:
            return None, error

    def run(work: Callable[[], Any]) -> Any:
        result, error = pool.apply(attempt, (work,))
        if error is not None:
            raise error
        return result

    return run


def _mark_request() -> None:
    g.csp_nonce = secrets.token_urlsafe(12)
    g.request_id = secrets.token_hex(8)


def _protect(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = g.get("request_id", "")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    if response.mimetype == "text/html":
        headers["Content-Security-Policy"] = POLICY.format(nonce=g.get("csp_nonce", ""))
    if request.path.startswith("/api/") and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response
