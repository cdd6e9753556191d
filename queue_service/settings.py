"""How is this installation configured? Defaults < config.toml < environment QS_* < command-line options."""

import os
import secrets
import tomllib
from dataclasses import dataclass, field, fields, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NUMBERS = {"port", "mail_port", "trusted_proxies", "sockets_per_address"}
TLS = ("starttls", "tls", "none")
PHONE = "{phone}"
"""Stands in the address of a text gateway for the number that a text goes to."""


class BadSettings(Exception):
    """The configuration cannot be used; the text says which key and why (exit code 78)."""


@dataclass(frozen=True)
class Settings:
    data: Path = Path("data")
    database: str = ""
    """SQLAlchemy URL; empty means a SQLite file in the data folder."""
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    """Address that visitors' phones reach, used in QR codes; never taken from a request's Host header."""
    clock: str = ""
    """`START@SPEED` for simulated days; empty means the machine's clock."""
    trusted_proxies: int = 0
    """So many proxies of yours stand in front and say in X-Forwarded-For where a request comes from."""
    sockets_per_address: int = 5000
    """So many live connections of the public one address may have; devices and staff do not count."""
    speech_command: str = ""
    """The program that speaks calls, with espeak-ng's options; empty means espeak-ng, when it is installed."""
    mail_host: str = ""
    """The mail server that takes messages to visitors; empty means that none are sent by e-mail."""
    mail_port: int = 587
    mail_tls: str = "starttls"
    """`starttls`, `tls` from the first byte, or `none`."""
    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    mail_sender: str = ""
    """The address that messages come from, as `City Service Centre <office@example.org>`."""
    text_gateway: str = field(default="", repr=False)
    """An address that apprise knows, with {phone} for the number; empty means no text messages."""
    webhook_hosts: str = ""
    """Hosts inside the house that alerts may be posted to, with commas between; all others have to be public."""

    @property
    def database_url(self) -> str:
        if not self.database:
            return f"sqlite:///{(self.data / 'queue.db').resolve()}"
        for plain in ("postgresql://", "postgres://"):
            if self.database.startswith(plain):
                return "postgresql+psycopg://" + self.database.removeprefix(plain)
        return self.database

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def mail_domain(self) -> str:
        """What our message ids end with."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def base_url_here(self) -> str:
        """Where this machine itself reaches the server, whatever address visitors use."""
        return f"http://127.0.0.1:{self.port}" if self.host in ("0.0.0.0", "::") else f"http://{self.host}:{self.port}"

    def secret(self) -> bytes:
        """The installation's secret, made on first use and kept in the data folder, readable by its owner only."""
        path = self.data / "secret.key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(secrets.token_hex(32).encode())
            except FileExistsError:
                pass  # another process made it in the meantime: use that one
        secret = path.read_bytes().strip()
        if len(secret) < 32:
            raise BadSettings(f"{path} is too short to be a secret; delete it and start again")
        return secret


def load_settings(**options: Any) -> Settings:
    """Settings from all sources; `options` that are None count as not given."""
    settings = Settings()
    given = {key: value for key, value in options.items() if value is not None}
    data = Path(given.get("data") or os.environ.get("QS_DATA") or settings.data)
    for source, values in (("config.toml", _from_file(data)), ("environment", _from_environment())):
        settings = _with(settings, values, source)
    return _with(settings, {**given, "data": data}, "options")


def _from_file(data: Path) -> dict[str, Any]:
    path = Path(os.environ.get("QS_CONFIG") or data / "config.toml")
    try:
        return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{path}: {error}") from error


def _from_environment() -> dict[str, Any]:
    """QS_MAIL_PASSWORD, or QS_MAIL_PASSWORD_FILE with the name of a file that holds it; so for every setting."""
    found: dict[str, Any] = {}
    for name in (one.name for one in fields(Settings)):
        variable = f"QS_{name.upper()}"
        if variable in os.environ:
            found[name] = os.environ[variable]
        elif f"{variable}_FILE" in os.environ:
            found[name] = _secret_file(f"{variable}_FILE")
    return found


def _secret_file(variable: str) -> str:
    try:
        return Path(os.environ[variable]).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{variable}: {error}") from error


def _with(settings: Settings, values: dict[str, Any], source: str) -> Settings:
    known = {one.name for one in fields(Settings)}
    if unknown := sorted(set(values) - known):
        raise BadSettings(f"{source}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}")
    values = dict(values)
    for name in NUMBERS & set(values):
        values[name] = _number(name, values[name], source)
    if "data" in values:
        try:
            values["data"] = Path(values["data"])
        except TypeError as error:
            raise BadSettings(f"{source}: data must name a folder") from error
    return _checked(replace(settings, **values), source)


def _number(name: str, value: Any, source: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise BadSettings(f"{source}: {name} must be a whole number, not {value!r}") from error
    if number < 0:
        raise BadSettings(f"{source}: {name} cannot be less than 0")
    return number


def _checked(settings: Settings, source: str) -> Settings:
    if settings.mail_tls not in TLS:
        raise BadSettings(f"{source}: mail_tls is one of {', '.join(TLS)}")
    if settings.mail_host and parseaddr(settings.mail_sender)[1].count("@") != 1:
        raise BadSettings(f"{source}: mail_sender must be an address when there is a mail_host")
    if settings.text_gateway and PHONE not in settings.text_gateway:
        raise BadSettings(f"{source}: text_gateway needs {PHONE} where the number goes")
    return settings


def pages_root() -> Path:
    """Where kiosk/, display/, operator/, admin/ and common/ are: in the repository, or in the installed package."""
    package = Path(__file__).parent
    repository = package.parent
    return repository if (repository / "common" / "base.html").exists() else package / "_pages"
