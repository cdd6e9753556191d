"""What a hall screen lets be heard."""

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

# Everything that leaves for the loudspeaker, and everything the page says of it.
LISTEN = """
for (const kind of [OscillatorNode, AudioBufferSourceNode]) {
  const { start } = kind.prototype;
  kind.prototype.start = function (...when) {
    if (this.playbackRate) this.playbackRate.value = window.hurry;
    const sound = kind === OscillatorNode ? 'tone' : 'wave';
    noted({ sound, pitch: this.frequency?.value, seconds: this.buffer?.duration });
    return start.apply(this, when);
  };
}
const { createGain } = AudioContext.prototype;
AudioContext.prototype.createGain = function () { return (window.loudness = createGain.call(this)); };
for (const name of ['announced', 'spoken']) addEventListener(name, ({ detail }) => noted({ [name]: detail }));
"""


class Ear:
    """What a hall screen lets be heard, over reloads as well."""

    def __init__(self, page: Page, times_as_fast: int = 5) -> None:
        self.page = page
        page.add_init_script(f"window.hurry = {times_as_fast}")
        self.notes: list[dict[str, Any]] = []
        page.expose_function("noted", lambda note: self.notes.append({**note, "at": time.monotonic()}))
        page.add_init_script(LISTEN)

    @property
    def announced(self) -> list[str]:
        return [note["announced"] for note in self.notes if "announced" in note]

    @property
    def spoken(self) -> list[tuple[str, str]]:
        """(language, by whom) of everything said."""
        return [(note["spoken"]["language"], note["spoken"]["by"]) for note in self.notes if "spoken" in note]

    def sounds(self, kind: str) -> list[dict[str, Any]]:
        return [note for note in self.notes if note.get("sound") == kind]

    def wait(self, condition: Callable[[], bool], seconds: float = 12) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert condition(), self.notes

    def wait_for_silence(self, seconds: float = 1) -> None:
        """Lets the time pass in which something that must not be heard would be heard."""
        self.page.wait_for_timeout(int(seconds * 1000))
