"""Which fragments of a call did a person record? Wave files by branch and language, of one form, joined when asked."""

import io
import os
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from queue_service.rules.errors import invalid

RATE = 22_050
LONGEST_SECONDS = 5
SILENCE = 0.01
"""Below this share of the loudest moment, the ends of a recording are cut off."""
PAUSE_SECONDS = 0.06
Samples = np.ndarray[Any, np.dtype[np.int16]]


def keep(folder: Path, name: str, content: bytes) -> None:
    """Keep a recording under its fragment's name; raises Refused(invalid_recording, recording_too_long)."""
    samples = _trimmed(_read(content))
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.{os.getpid()}"
    unfinished.write_bytes(_written(samples))
    unfinished.replace(folder / f"{name}.wav")


def kept(folder: Path) -> list[str]:
    """Names of the fragments that are there."""
    return sorted(path.stem for path in folder.glob("*.wav"))


def joined(folder: Path, names: Sequence[str]) -> bytes | None:
    """One wave file of the fragments in their order; None when one of them is missing."""
    paths = [folder / f"{name}.wav" for name in names]
    if not all(path.is_file() for path in paths):
        return None
    pause = np.zeros(int(RATE * PAUSE_SECONDS), np.int16)
    return _written(np.concatenate([part for path in paths for part in (_read(path.read_bytes()), pause)]))


def _read(content: bytes) -> Samples:
    """One channel of 16-bit samples at our rate."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise invalid("invalid_recording", "body") from error
    if width != 2 or not 1 <= channels <= 2 or not 8_000 <= rate <= 96_000:
        raise invalid("invalid_recording", "body")
    whole = len(frames) - len(frames) % (2 * channels)
    samples = np.frombuffer(frames[:whole], np.dtype("<i2")).reshape(-1, channels).mean(axis=1)
    if len(samples) > LONGEST_SECONDS * rate:
        raise invalid("recording_too_long", "body", seconds=LONGEST_SECONDS)
    moments = np.arange(int(len(samples) * RATE / rate)) * rate / RATE
    return np.interp(moments, np.arange(len(samples)), samples).astype(np.int16) if len(samples) else _silent()


def _trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > SILENCE * 32_767)
    if not len(loud):
        raise invalid("invalid_recording", "body")
    return samples[loud[0] : loud[-1] + 1]


def _silent() -> Samples:
    return np.zeros(0, np.int16)


def _written(samples: Samples) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return target.getvalue()
