"""How does a call sound? From recorded fragments when the office has them all, else by a voice on this machine."""

import hashlib
import logging
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from queue_service.notifications import recordings
from queue_service.rules.errors import Kind, Refused
from queue_service.rules.spoken import Words, fragments, sentence

log = logging.getLogger(__name__)
VOICE = "espeak-ng"
WORDS_PER_MINUTE = 140
LONGEST_RENDERING_SECONDS = 10
KEPT_FILES = 500
"""About 50 MB; the ones not asked for longest are removed."""


@dataclass(frozen=True)
class Call:
    branch: str
    number: str
    window: str


@dataclass
class Speech:
    """An installation's voice. `command` names a program that takes espeak-ng's options; empty means look for it."""

    folder: Path
    command: str = ""
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def of_call(self, call: Call, language: str, words: Words) -> bytes:
        """The call as a wave file; raises Refused(no_voice) when nothing here can speak the language."""
        recorded = self.recordings_of(call.branch, language)
        names = fragments(call.number, call.window)
        if names and (joined := recordings.joined(recorded, names)):
            return joined
        return self._rendered(language, sentence(words, call.number, call.window))

    def recordings_of(self, branch: str, language: str) -> Path:
        return self.folder / "recordings" / branch / language

    @property
    def voice(self) -> str | None:
        """The program that speaks, if there is one."""
        return shutil.which(self.command or VOICE)

    def _rendered(self, language: str, text: str) -> bytes:
        key = hashlib.sha256(f"{self.voice} {WORDS_PER_MINUTE} {language} {text}".encode()).hexdigest()[:32]
        path = self.folder / "cache" / f"{key}.wav"
        if found := _read(path):
            return found
        # One at a time: a hall never needs more, and a flood of questions cannot take the whole machine.
        with self._one_at_a_time:
            return _read(path) or self._render(language, text, path)

    def _render(self, language: str, text: str, path: Path) -> bytes:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        self._speak(language, text, unfinished)
        unfinished.replace(path)
        _keep_newest(path.parent)
        return path.read_bytes()

    def _speak(self, language: str, text: str, target: Path) -> None:
        if self.voice is None:
            raise Refused("no_voice", Kind.NOT_FOUND, language=language)
        options = ["-v", language, "-s", str(WORDS_PER_MINUTE), "-a", "160", "-z", "-w", str(target)]
        # The text goes by standard input: whatever it is, it can never be read as an option.
        done = subprocess.run(
            [self.voice, *options, "--stdin"],
            input=text.encode(),
            capture_output=True,
            timeout=LONGEST_RENDERING_SECONDS,
            check=False,
        )
        if done.returncode or not target.is_file():
            log.warning("%s does not speak %s: %s", self.voice, language, done.stderr.decode(errors="replace").strip())
            raise Refused("no_voice", Kind.NOT_FOUND, language=language)


def _read(path: Path) -> bytes | None:
    try:
        os.utime(path)
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _keep_newest(folder: Path) -> None:
    files = sorted(folder.glob("*.wav"), key=lambda path: path.stat().st_mtime)
    for path in files[: max(0, len(files) - KEPT_FILES)]:
        path.unlink(missing_ok=True)
