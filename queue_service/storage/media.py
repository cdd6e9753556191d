"""Which pictures and films has an office for its hall screens? Files in the data folder, by branch."""

import os
from pathlib import Path
from typing import IO

from queue_service.rules.errors import Refused, invalid

LARGEST = 300 * 1024 * 1024
MOST_FILES = 50
CHUNK = 256 * 1024

# How a file of each kind begins: what comes in under a name must be what the name says.
BEGINS = {
    ".png": (0, b"\x89PNG\r\n"),
    ".jpg": (0, b"\xff\xd8\xff"),
    ".jpeg": (0, b"\xff\xd8\xff"),
    ".webp": (8, b"WEBP"),
    ".mp4": (4, b"ftyp"),
    ".webm": (0, b"\x1a\x45\xdf\xa3"),
}


def kept(folder: Path) -> list[Path]:
    """The files, by name."""
    return sorted((path for path in folder.glob("*") if path.suffix.lower() in BEGINS), key=lambda path: path.name)


def keep(folder: Path, name: str, content: IO[bytes]) -> None:
    """Keep a file under its name, in the place of one that had it. Raises Refused(invalid_media, too_many_media)."""
    begin = content.read(CHUNK)
    offset, sign = BEGINS.get(Path(name).suffix.lower(), (0, b"\0"))
    if begin[offset : offset + len(sign)] != sign:
        raise invalid("invalid_media", "body", known=", ".join(BEGINS))
    folder.mkdir(parents=True, exist_ok=True)
    if len(kept(folder)) >= MOST_FILES and not (folder / name).exists():
        raise Refused("too_many_media", most=MOST_FILES)
    unfinished = folder / f".{name}.{os.getpid()}"
    try:
        with unfinished.open("wb") as file:
            while begin:
                file.write(begin)
                begin = content.read(CHUNK)
        unfinished.replace(folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
