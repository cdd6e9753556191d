"""A call can be heard: spoken by the server in the visitor's language, and only what the hall screen shows."""

import io
import math
import subprocess
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from queue_service.actions.serving import call_next
from queue_service.notifications import speech as speaking
from queue_service.notifications.speech import Speech
from tests.make import a_ticket, an_office, an_open_window, an_operator
from tests.web.test_bad_input import problem_of

needs_a_voice = pytest.mark.skipif(
    Speech(Path()).voice is None, reason="ATTENTION: espeak-ng is not installed: no call was spoken"
)


@pytest.fixture
def called(database: Any, office: str) -> str:
    """A001 is called to window 1; where its speech is, with {language} open."""
    anna = an_operator(database, "anna")
    window = an_open_window(database, "1", anna)
    a_ticket(database)
    database.act(office, lambda hall: call_next(hall, window, anna))
    return f"/speech/{office}/{{language}}/A001/1.wav"


def heard(answer: Any) -> tuple[float, float]:
    """Seconds and energy (root mean square, 1 is full scale) of a wave file; fails for anything else."""
    assert answer.status_code == 200, answer.get_data()
    assert answer.mimetype == "audio/wav"
    with wave.open(io.BytesIO(answer.get_data())) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32_768
        return len(samples) / file.getframerate(), math.sqrt(float(np.mean(samples**2)))


@needs_a_voice
def test_a_call_is_spoken_in_russian_and_in_english(visitor: Any, called: str) -> None:
    answers = {language: visitor.get(called.format(language=language)) for language in ("ru", "en")}
    for answer in answers.values():
        seconds, energy = heard(answer)
        assert 1 < seconds < 8
        assert energy > 0.03
        assert "max-age=3600" in answer.headers["Cache-Control"]
    assert answers["ru"].get_data() != answers["en"].get_data()


@needs_a_voice
def test_a_call_is_rendered_once(visitor: Any, called: str, tmp_path: Path, monkeypatch: Any) -> None:
    first = visitor.get(called.format(language="ru"))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was rendered already"))
    assert visitor.get(called.format(language="ru")).get_data() == first.get_data()
    assert len(list((tmp_path / "speech" / "cache").glob("*.wav"))) == 1


@needs_a_voice
def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: Any) -> None:
    from tests.rules.test_spoken import words

    monkeypatch.setattr(speaking, "KEPT_FILES", 3)
    voice = Speech(tmp_path)
    for number in range(1, 6):
        voice.of_call(speaking.Call("centre", f"A{number:03d}", "1"), "en", words("en"))
    assert len(list(tmp_path.glob("cache/*"))) == 3


def test_only_what_the_hall_screen_shows_is_spoken(visitor: Any, called: str) -> None:
    for wrong in ("A002/1", "A001/2", "Hello/1", "A001 --help/1"):
        assert problem_of(visitor.get(called.replace("A001/1", wrong).format(language="ru")), 404)["code"] == (
            "unknown_call"
        )
    for language in ("xx", "..", "-w"):
        assert problem_of(visitor.get(called.format(language=language)), 404)["code"] == "no_voice"
    problem_of(visitor.get("/speech/nowhere/ru/A001/1.wav"), 404)


def test_without_a_voice_the_screen_is_told_to_find_its_own(visitor: Any, called: str, app: Any) -> None:
    app.extensions["speech"].command = "no-such-program"
    assert problem_of(visitor.get(called.format(language="ru")), 404)["code"] == "no_voice"


def a_tone(seconds: float = 0.3, rate: int = 16_000, channels: int = 2, width: int = 2) -> bytes:
    moments = np.arange(int(seconds * rate)) / rate
    samples = np.repeat((np.sin(moments * 2 * math.pi * 440) * 12_000).astype("<i2"), channels)
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return target.getvalue()


def test_recorded_fragments_are_joined_and_preferred(visitor: Any, called: str, office: str, known: Any) -> None:
    admin = known("olga", "admin")
    path = f"/admin/branches/{office}/recordings"
    assert {"ticket", "A", "1", "900"} <= set(admin.get(path).get_json()["ru"]["missing"])
    for name in ("ticket", "A", "1", "window"):
        assert admin.send("PUT", f"{path}/ru/{name}", a_tone()).status_code == 204
    assert admin.get(path).get_json()["ru"]["recorded"] == ["1", "A", "ticket", "window"]
    seconds, energy = heard(visitor.get(called.format(language="ru")))
    assert seconds == pytest.approx(5 * 0.3 + 5 * 0.06, abs=0.05)
    assert energy > 0.1
    assert admin.send("DELETE", f"{path}/ru/A").status_code == 204
    assert "A" in admin.get(path).get_json()["ru"]["missing"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not a wave file", "invalid_recording"),
        (b"", "invalid_recording"),
        (a_tone()[:30], "invalid_recording"),
        (a_tone(0.0), "invalid_recording"),
        (a_tone(width=1), "invalid_recording"),
        (a_tone(6), "recording_too_long"),
    ],
)
def test_what_is_no_recording_is_refused(office: str, known: Any, content: bytes, code: str) -> None:
    admin = known("olga", "admin")
    path = f"/admin/branches/{office}/recordings"
    assert problem_of(admin.send("PUT", f"{path}/ru/ticket", content), 422, "body")["code"] == code
    assert admin.get(path).get_json()["ru"]["recorded"] == []


def test_recordings_are_the_admins_of_the_branch_alone(office: str, known: Any, visitor: Any, database: Any) -> None:
    an_office(database, code="other")
    path = f"/admin/branches/{office}/recordings/ru/ticket"
    problem_of(visitor.send("PUT", path, a_tone()), 401)
    problem_of(known("anna").send("PUT", path, a_tone()), 403)
    problem_of(known("oleg", "admin", "other").send("PUT", path, a_tone()), 403)
    admin = known("olga", "admin")
    for wrong in ("kk/ticket", "ru/hello", "ru/..ticket", "..ru/ticket"):
        problem_of(admin.send("PUT", f"/admin/branches/{office}/recordings/{wrong}", a_tone()), 404)
