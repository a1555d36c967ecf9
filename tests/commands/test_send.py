from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from tests.commands.helpers import Running
from tests.monitor.sandbox import wait_until
from tests.trace.factory import TRACES

ECHO = TRACES / "upstream-echo.trace"


def test_plays_into_a_monitor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Running(tmp_path, "print", "--no-realtime") as command:
        assert run(["send", str(ECHO), "--endpoint", str(command.socket), "--fast"]) == 0
        assert "sent 10 messages on 1 connection in " in capsys.readouterr().err
        assert wait_until(lambda: command.out.endswith("Connection closed\n"))
        folded = [" ".join(line.split()) for line in command.out.splitlines()]
        expected = ECHO.with_suffix(".txt").read_text().splitlines()
        assert folded == [" ".join(line.split()) for line in expected]
        command.end()


def test_loops_until_something_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from gvtui.export import send

    rounds: list[float | None] = []

    def play(trace: object, endpoint: Path, *, speed: float | None) -> send.Sent:
        rounds.append(speed)
        if len(rounds) == 3:
            raise send.SendError("no more")
        return send.Sent(1, 1, 2)

    monkeypatch.setattr(send, "play", play)
    arguments = ["send", str(ECHO), "--endpoint", "x", "--loop", "--speed", "4"]
    assert run(arguments) == 1
    assert rounds == [4.0, 4.0, 4.0]
    assert "left out 2 messages: the trace has only their beginnings" in capsys.readouterr().err


def test_nobody_listens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["send", str(ECHO), "--endpoint", str(tmp_path / "nothing")]) == 1
    assert "no monitor answers at" in capsys.readouterr().err


def test_one_speed_at_a_time() -> None:
    assert run(["send", str(ECHO), "--endpoint", "x", "--fast", "--speed", "2"]) == 2
    assert run(["send", str(ECHO), "--endpoint", "x", "--speed", "0"]) == 2
    assert run(["send", str(ECHO)]) == 2
