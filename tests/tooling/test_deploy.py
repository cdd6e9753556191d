"""The recipes for kiosks and hall screens: files that a machine would take, and a launcher that starts the browser."""

import configparser
import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).parents[2]
KIOSK = ROOT / "deploy" / "kiosk"


def test_the_launcher_shows_the_page_named_in_its_settings_and_nothing_else(tmp_path: Path) -> None:
    browser, settings = tmp_path / "chromium", tmp_path / "queue-kiosk.conf"
    browser.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    browser.chmod(0o755)
    address = "https://queue.town.example/device#device-a_key"
    settings.write_text(f"ADDRESS='{address}'\n")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "QUEUE_KIOSK_CONF": str(settings)}
    launch = [KIOSK / "queue-kiosk"]
    told = subprocess.run(launch, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert told[-1] == f"file:///usr/local/share/queue-kiosk/starter.html?{address}"
    assert {"--kiosk", "--kiosk-printing", "--autoplay-policy=no-user-gesture-required"} <= set(told)
    assert "--user-data-dir=/var/lib/queue-kiosk" in told  # the key outlives a restart
    assert "--incognito" not in told
    settings.write_text("")
    failed = subprocess.run(launch, env=environment, capture_output=True, text=True)
    assert failed.returncode != 0
    assert "/etc/queue-kiosk.conf" in failed.stderr


def test_the_policy_lets_the_browser_go_to_the_server_alone() -> None:
    policy = json.loads((KIOSK / "policy.json").read_text("utf-8"))
    assert policy["URLBlocklist"] == ["*"]
    assert policy["URLAllowlist"] == [".office.example", "file:///usr/local/share/queue-kiosk/starter.html"]
    assert (policy["DeveloperToolsAvailability"], policy["DownloadRestrictions"]) == (2, 3)
    assert not policy["AutofillAddressEnabled"]
    assert not policy["PasswordManagerEnabled"]


def test_units_and_the_assigned_access_file_can_be_read() -> None:
    units = {}
    for name in ("queue-kiosk.service", "queue-kiosk-night.service", "queue-kiosk-night.timer"):
        units[name] = configparser.ConfigParser(interpolation=None)
        units[name].optionxform = str  # type: ignore[assignment,method-assign]
        units[name].read(KIOSK / name)
    service = units["queue-kiosk.service"]["Service"]
    assert (service["Restart"], service["StateDirectory"], service["User"]) == ("always", "queue-kiosk", "kiosk")
    assert service["ExecStart"].endswith("/usr/local/bin/queue-kiosk")
    assert units["queue-kiosk-night.timer"]["Timer"]["OnCalendar"]
    assert "ADDRESS" in ElementTree.tostring(ElementTree.parse(KIOSK / "assigned-access.xml").getroot(), "unicode")


def test_every_file_that_a_recipe_names_is_there() -> None:
    for recipe in ("kiosk-linux.md", "kiosk-windows.md", "display-raspberry-pi.md"):
        words = (ROOT / "deploy" / recipe).read_text("utf-8").replace("`", " ").split()
        named = [word.rstrip(".,:;)") for word in words if word.startswith(("deploy/", "docs/", "display/"))]
        assert named
        assert [name for name in named if not list(ROOT.glob(name))] == [], recipe
