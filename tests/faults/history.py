"""What did everybody see? Kiosks, operators and phones write it down, line by line; the checker reads it."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Type = Literal["invoke", "ok", "fail", "info"]


@dataclass(frozen=True)
class Event:
    """One line. `key` names an operation: however often it is sent, it is one and must happen once.

    `ok`: it happened, `value` is what was answered. `fail`: it was refused and changed nothing. `info`: nobody
    answered, it may have happened.
    """

    t: float
    """Seconds of the machine's steady clock, one and the same for all processes."""
    proc: str
    op: str
    key: str
    type: Type
    value: Any = None


class History:
    """A JSONL file that grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def note(self, proc: str, op: str, key: str, type_: Type, value: Any = None) -> None:
        event = Event(time.monotonic(), proc, op, key, type_, value)
        self._file.write(json.dumps(asdict(event), ensure_ascii=False) + "\n")

    def events(self) -> Iterator[Event]:
        with self.path.open(encoding="utf-8") as lines:
            yield from (Event(**json.loads(line)) for line in lines)

    def close(self) -> None:
        self._file.close()
