from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.commands import replay
from gvtui.trace.reader import Trace
from gvtui.tui import run as viewer
from tests.trace.recorder import TRACES


def test_options(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[Path, float | None, str, str, bool]] = []

    def run_replay(
        path: Path, *, speed: float | None, filter_text: str, profile: str, fresh: bool, named: str
    ) -> int:
        assert not named, "one file is called by its path"
        found.append((path, speed, filter_text, profile, fresh))
        return 3

    monkeypatch.setattr(viewer, "run_replay", run_replay)
    monkeypatch.setattr(replay, "need_terminal", lambda instead: None)
    assert run(["replay", "a.trace"]) == 3
    words = ["--speed", "2.5", "--filter", "evt.failed = true", "--profile", "on-call", "--fresh"]
    assert run(["replay", "a.trace", *words]) == 3
    assert found == [
        (Path("a.trace"), None, "", "", False),
        (Path("a.trace"), 2.5, "evt.failed = true", "on-call", True),
    ]


def test_several_are_merged_as_long_as_they_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: list[tuple[Path, int, object]] = []

    def run_replay(path: Path, **told: object) -> int:
        trace = Trace.open(path)
        found.append((path, trace.connections.messages, told["named"]))
        trace.close()
        return 0

    monkeypatch.setattr(viewer, "run_replay", run_replay)
    monkeypatch.setattr(replay, "need_terminal", lambda instead: None)
    files = [TRACES / f"{name}.trace" for name in ("upstream-echo", "seed-example")]
    assert run(["replay", *map(str, files)]) == 0
    alone = [Trace.open(file) for file in files]
    [(path, messages, named)] = found
    assert named == f"{files[0]} and 1 more"
    assert path.name == "upstream-echo+seed-example.gvtrace"
    assert messages == sum(trace.connections.messages for trace in alone)
    for trace in alone:
        trace.close()
    assert not path.exists()
    assert run(["replay", str(files[0]), "/no/such.gvtrace"]) == 1
    assert "/no/such.gvtrace" in capsys.readouterr().err


def test_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "a.trace"]) == 1
    assert "use: gvtui print a.trace" in capsys.readouterr().err


def test_wrong_usage() -> None:
    assert run(["replay"]) == 2
    assert run(["replay", "a.trace", "--speed", "-1"]) == 2
    assert run(["replay", "--follow", "a.gvtrace", "b.gvtrace"]) == 2
