"""The command line as a person or a script meets it: exit codes, plain words, nothing done by halves."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import DEMO_OFFICE

BROKEN = """branch:
  code: centre
  name: {ru: Центр}
  time_zone: Mars/Olympus
  languages: [ru]
  default_language: ru
  hours: {mon: [[18:00, 08:00]]}
services:
- code: a
  prefix: A1
  name: {en: Only English}
- code: a
  prefix: B
  name: {ru: Дважды}
  colour: red
windows:
- code: 1
  services: [nothing]
"""


def queue_service(data: Path, *words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "queue_service.cli", *words],
        input=stdin,
        env={**os.environ, "QS_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "with space"
    assert queue_service(folder, "init").returncode == 0
    return folder


def test_an_office_survives_export_and_import_letter_by_letter(data: Path, tmp_path: Path) -> None:
    assert queue_service(data, "config", "import", str(DEMO_OFFICE)).returncode == 0
    exported = tmp_path / "exported.yaml"
    assert queue_service(data, "config", "export", str(exported)).returncode == 0
    assert queue_service(data, "config", "diff", str(exported)).stdout == ""
    assert queue_service(data, "config", "import", str(exported)).returncode == 0
    assert queue_service(data, "config", "export").stdout == exported.read_text("utf-8")


def test_a_broken_file_names_every_line_and_changes_nothing(data: Path, tmp_path: Path) -> None:
    queue_service(data, "config", "import", str(DEMO_OFFICE))
    before = queue_service(data, "config", "export").stdout
    broken = tmp_path / "broken.yaml"
    broken.write_text(BROKEN, "utf-8")
    done = queue_service(data, "config", "import", str(broken))
    assert done.returncode == 65
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == ["4", "7", "10", "15"]
    assert queue_service(data, "config", "export").stdout == before


def test_errors_beyond_the_shape_have_lines_too(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "office.yaml"
    text = BROKEN.replace("Mars/Olympus", "Europe/Berlin").replace("A1", "A").replace("  colour: red\n", "")
    file.write_text(text.replace("[18:00, 08:00]", "[08:00, 18:00]"), "utf-8")
    done = queue_service(data, "config", "import", str(file))
    assert done.returncode == 65
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == ["11", "12", "17"]
    assert queue_service(data, "config", "export").returncode == 2


@pytest.mark.parametrize("text", ["", "a: [", "a: 1\na: 2\n", "- 1\n", "\t", "branch: null\n"])
def test_nonsense_is_bad_input(data: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "nonsense.yaml"
    file.write_text(text, "utf-8")
    done = queue_service(data, "config", "import", str(file))
    assert done.returncode == 65
    assert "nonsense.yaml:" in done.stderr
    assert "Traceback" not in done.stderr


def test_accounts_and_tokens(data: Path) -> None:
    queue_service(data, "config", "import", str(DEMO_OFFICE))
    added = queue_service(
        data, "user", "add", "anna", "--role", "operator", "--branch", "centre", stdin="long password\n"
    )
    assert added.returncode == 0
    token = queue_service(data, "token", "create", "anna")
    assert token.returncode == 0
    assert len(token.stdout.strip()) > 30
    assert queue_service(data, "token", "create", "script", "--role", "reviewer").returncode == 0
    for words, stdin in [
        (("user", "add", "anna", "--role", "operator"), "long password\n"),
        (("user", "add", "eva", "--role", "king"), "long password\n"),
        (("user", "add", "eva", "--role", "operator"), "short\n"),
        (("user", "add", "eva", "--role", "operator", "--branch", "nowhere"), "long password\n"),
        (("token", "create", "nobody"), ""),
    ]:
        refused = queue_service(data, *words, stdin=stdin)
        assert refused.returncode == 65
        assert "Traceback" not in refused.stderr
    assert queue_service(data, "token", "create", "eva").returncode == 65


def test_faults_of_the_installation_are_said_plainly(tmp_path: Path) -> None:
    empty = queue_service(tmp_path, "run", "--port", "1")
    assert (empty.returncode, "init" in empty.stderr) == (78, True)
    unreachable = queue_service(tmp_path, "init", "--database", "postgresql://nobody@127.0.0.1:1/none")
    assert unreachable.returncode == 69
    (tmp_path / "config.toml").write_text("colour = 'red'\n", "utf-8")
    unknown = queue_service(tmp_path, "init")
    assert (unknown.returncode, "colour" in unknown.stderr) == (78, True)
    assert queue_service(tmp_path, "dance").returncode == 2


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_port_that_is_taken_is_said_plainly(data: Path, command: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = queue_service(data, command, "--port", str(port))
    assert (taken.returncode, f"127.0.0.1:{port}" in taken.stderr, "Traceback" in taken.stderr) == (78, True, False)


def test_the_ledger_is_verified_and_damage_is_named(data: Path) -> None:
    queue_service(data, "config", "import", str(DEMO_OFFICE))
    sound = queue_service(data, "ledger", "verify")
    assert (sound.returncode, "sound" in sound.stdout) == (0, True)
    import sqlite3

    with sqlite3.connect(data / "queue.db") as connection:
        connection.execute("UPDATE ledger_entry SET actor = 'somebody else' WHERE seq = 1")
    damaged = queue_service(data, "ledger", "verify")
    assert (damaged.returncode, "entry 1" in damaged.stdout) == (1, True)


def test_the_openapi_document_is_printed(tmp_path: Path) -> None:
    assert '"openapi": "3.1' in queue_service(tmp_path, "openapi").stdout
