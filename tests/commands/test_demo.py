from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.commands import demo
from gvtui.commands.demo import DemoProgram, recording_command, sandbox_command
from gvtui.commands.sandbox import UsableRunsc
from gvtui.trace.reader import Trace
from gvtui.tui import run_live as viewer
from gvtui.tui.options import LiveOptions
from tests.commands.fake_runsc import fake_runsc
from tests.commands.helpers import Running
from tests.monitor.sandbox import wait_until


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[LiveOptions]:
    """What the viewer was started with."""
    found: list[LiveOptions] = []

    def run_live(options: LiveOptions) -> int:
        found.append(options)
        return 0

    monkeypatch.setattr(viewer, "run_live", run_live)
    monkeypatch.setattr(demo, "need_terminal", lambda instead: None)
    return found


def test_a_sandbox_where_there_can_be_one(watched: list[LiveOptions], tmp_path: Path) -> None:
    runsc = fake_runsc(tmp_path)
    assert run(["demo", "--runsc", runsc]) == 0
    assert f"a sandbox of {runsc} (ptrace)" in watched[0].notice
    assert not watched[0].monitor.listen.parent.exists()


def test_a_recording_elsewhere(watched: list[LiveOptions], tmp_path: Path) -> None:
    assert run(["demo", "--runsc", fake_runsc(tmp_path, platform="none")]) == 0
    assert "a recording of a real sandbox" in watched[0].notice
    assert "no such platform" in watched[0].notice


def test_a_recording_if_asked_for(watched: list[LiveOptions]) -> None:
    assert run(["demo", "--recorded"]) == 0
    assert "a recording of a real sandbox" in watched[0].notice


def test_a_runsc_that_is_not_there(watched: list[LiveOptions]) -> None:
    assert run(["demo", "--runsc", "/nothing/runsc"]) == 1
    assert watched == []


def test_the_recording_is_played_into_a_monitor(tmp_path: Path) -> None:
    with Running(tmp_path, "print", "--no-realtime") as command:
        source = DemoProgram(recording_command(command.socket), command.socket, tmp_path / "output")
        source.start()
        assert wait_until(lambda: command.out.count("\n") > 3)
        source.stop()
        assert source.failure == ""
        assert wait_until(lambda: command.out.endswith("Connection closed\n"))
        command.end()


def test_what_ends_too_soon_is_told(tmp_path: Path) -> None:
    (tmp_path / "s").touch()
    source = DemoProgram(
        ["sh", "-c", "echo out of luck; exit 3"], tmp_path / "s", tmp_path / "output"
    )
    source.start()
    assert wait_until(lambda: (tmp_path / "output").exists())
    source._thread.join(120)
    process = source._process
    assert process is not None
    process.wait(120)
    source.stop()
    source.stop()
    assert source.failure == "out of luck"


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    source = DemoProgram([str(tmp_path / "nothing")], tmp_path, tmp_path / "output")
    source.start()
    source.stop()
    assert source.failure.endswith("nothing does not start: No such file or directory")


def test_what_has_not_begun_can_be_stopped(tmp_path: Path) -> None:
    source = DemoProgram(["false"], tmp_path / "never", tmp_path / "output")
    source.start()
    source.stop()
    assert source.failure == ""


def test_the_sandbox_is_traced_from_its_first_step(tmp_path: Path) -> None:
    runsc = UsableRunsc(fake_runsc(tmp_path), "ptrace", ("--platform=ptrace",))
    command = sandbox_command(runsc, tmp_path / "s", tmp_path)
    assert command[:1] == [runsc.path]
    assert f"--pod-init-config={tmp_path / 'pod-init.json'}" in command
    assert command[command.index("do") + 1 :][:2] == ["sh", "-c"]
    session = json.loads((tmp_path / "pod-init.json").read_text())["trace_session"]
    assert session["sinks"][0]["config"]["endpoint"] == str(tmp_path / "s")
    names = [point["name"] for point in session["points"]]
    assert "container/start" in names
    assert not any(name.startswith("syscall/sysno/") for name in names)


def test_the_recording_shows_varied_things() -> None:
    recording = recording_command(Path("x"))[-4]
    trace = Trace.open(recording)
    points = {trace.string(trace.row(row).point) for row in range(trace.end_row)}
    assert trace.damaged_bytes == 0
    trace.close()
    for name in ("openat", "execve", "connect", "accept4", "pipe2", "dup2", "read", "write"):
        assert f"syscall/{name}/exit" in points
    assert {"container/start", "sentry/clone", "sentry/task_exit"} <= points
