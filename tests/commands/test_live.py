from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gvtui.cli import run
from gvtui.commands import terminal
from gvtui.limits import AS_THEY_COME, changed
from gvtui.monitor.options import MonitorOptions
from gvtui.tui import run_live as viewer
from gvtui.tui.options import LiveOptions


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[LiveOptions]:
    """What the viewer was started with."""
    found: list[LiveOptions] = []

    def run_live(options: LiveOptions) -> int:
        found.append(options)
        return 0

    monkeypatch.setattr(viewer, "run_live", run_live)
    monkeypatch.setattr(terminal, "need_terminal", lambda instead: None)
    return found


def test_without_options(started: list[LiveOptions]) -> None:
    assert run([]) == 0
    assert started == [LiveOptions(MonitorOptions(listen=Path("/tmp/gvisor_events.sock")))]


@pytest.mark.parametrize(("compress", "is_compressed"), [("zstd", True), ("none", False)])
def test_its_segments_are_compressed_where_that_is_wanted(
    started: list[LiveOptions], compress: str, is_compressed: bool
) -> None:
    assert run(["--compress", compress]) == 0
    assert started[0].monitor.compresses is is_compressed


def test_a_recording_in_one_file_is_not_compressed(
    started: list[LiveOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--record", "x.gvtrace", "--compress", "zstd"]) == 2
    assert "a recording in one file stays as it is" in capsys.readouterr().err
    assert started == []


def test_with_all_options(
    started: list[LiveOptions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gvtui").mkdir()
    (tmp_path / "gvtui" / "config.toml").write_text(
        "[limits]\nconnections = 8\n[profile.on-call.limits]\nconnections = 9\n"
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    arguments: dict[str, Any] = {
        "--listen": "/run/x",
        "--filter": "proc.name = bash",
        "--record": "x.gvtrace",
        "--runsc": "/opt/runsc",
        "--keep": "1GiB",
        "--socket-mode": "660",
        "--socket-group": "staff",
        "--session-file": "s.json",
        "--on-exit": "restore",
        "--profile": "on-call",
    }
    flat = [word for pair in arguments.items() for word in pair]
    assert run([*flat, "--root", "/a", "--root", "/b", "--no-realtime"]) == 0
    (options,) = started
    assert options == LiveOptions(
        MonitorOptions(
            listen=Path("/run/x"),
            record=Path("x.gvtrace"),
            keep_bytes=1 << 30,
            realtime=False,
            socket_mode=0o660,
            socket_group="staff",
            limits=changed(AS_THEY_COME, {"connections": 9}),
        ),
        filter_text="proc.name = bash",
        profile="on-call",
        runsc="/opt/runsc",
        roots=(Path("/a"), Path("/b")),
        session_file=Path("s.json"),
        on_exit="restore",
    )


def test_readonly_leaves_send_buffers_alone_too(started: list[LiveOptions]) -> None:
    assert run(["--readonly"]) == 0
    (options,) = started
    assert options.readonly
    assert options.monitor.send_buffer_bytes == 0


def test_readonly_and_a_policy_for_sessions_do_not_go_together(
    started: list[LiveOptions], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--readonly", "--on-exit", "delete"]) == 2
    assert "--readonly and --on-exit exclude each other" in capsys.readouterr().err
    assert started == []


def test_a_wrong_filter_is_told_before_anything_starts(started: list[LiveOptions]) -> None:
    assert run(["--filter", "proc.nam = bash"]) == 2
    assert started == []
