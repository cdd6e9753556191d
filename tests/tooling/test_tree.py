"""What the tree itself must keep: no Python where it breaks Python, no foreign hosts, texts in every language."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LANGUAGES = ROOT / "common" / "languages"
PLURALS = {"one", "two", "few", "many", "other", "zero"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("folder", ["operator", "kiosk", "display"])
def test_page_folders_hold_no_python(folder: str) -> None:
    assert list((ROOT / folder).iterdir())
    assert list((ROOT / folder).rglob("*.py")) == []


def test_no_registry_host_and_no_machine_path_stands_in_the_project() -> None:
    hosts = [
        "pypi" + ".org",
        "python" + "hosted",
        "npm" + "js",
        "registry" + ".npm",
        "jsdelivr" + ".net",
        "/ro" + "ot/",
    ]
    for path in tracked():
        if path.suffix in {".png", ".woff2", ".ico"}:
            continue
        text = path.read_text("utf-8")
        assert not [host for host in hosts if host in text], path


def test_scripts_are_posix_and_executable() -> None:
    for name in ("setup", "server", "test"):
        script = ROOT / "script" / name
        assert script.read_text().startswith("#!/bin/sh\n")
        assert script.stat().st_mode & 0o111
        subprocess.run(["sh", "-n", str(script)], check=True)


def test_the_lock_holds_everything_that_is_asked_for_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    locked = set(re.findall(r"^([a-z0-9.-]+)(?:\[.*\])?==", lock, re.MULTILINE))
    assert {re.split(r"[\[<>=]", name)[0].lower() for name in wanted} <= locked
    assert lock.count("--hash=sha256:") > len(locked)
    browser = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    assert all("resolved" not in package for package in browser.values())


def test_every_text_stands_in_every_language_with_the_same_placeholders() -> None:
    files = {file.stem: dict(texts(json.loads(file.read_text("utf-8")))) for file in LANGUAGES.glob("*.json")}
    assert {"en", "ru"} <= set(files)
    english = files["en"]
    for language, found in files.items():
        assert set(found) == set(english), language
        for key, words in found.items():
            assert placeholders(words) == placeholders(english[key]), (language, key)


def test_every_refusal_has_words() -> None:
    problems = json.loads((LANGUAGES / "en.json").read_text("utf-8"))["problem"]
    sources = [path for path in tracked() if path.suffix == ".py" and ROOT / "queue_service" in path.parents]
    codes = set()
    for path in sources:
        text = path.read_text("utf-8")
        codes |= set(re.findall(r'(?:Refused|invalid|problem|PydanticCustomError)\(\s*"(\w+)"', text))
        codes |= {f"unknown_{what}" for what in re.findall(r'not_found\(\s*"(\w+)"', text)}
    assert len(codes) > 20
    assert codes - {"day_not_closed"} <= set(problems)


def texts(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(key, words) pairs; the plural forms of a text are one."""
    for name, value in part.items():
        if isinstance(value, dict) and not set(value) <= PLURALS:
            yield from texts(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def placeholders(words: Any) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", json.dumps(words)))
