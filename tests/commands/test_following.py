from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.writer import TraceWriter
from tests.commands.helpers import TIMEOUT
from tests.monitor.sandbox import wait_until
from tests.trace.factory import recorded_datagrams


def test_what_grows_is_printed_to_its_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    datagrams = recorded_datagrams("shell-2024")[:60]
    writer = TraceWriter(tmp_path / "t" / "20260101", keep_bytes=64 << 20)
    writer.opened(1, 1, {})
    out, err = tmp_path / "out", tmp_path / "err"
    words = ["print", "--follow", str(tmp_path / "t"), "--format", "json"]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        command = subprocess.Popen(
            [sys.executable, "-m", "gvtui", *words], stdout=stdout, stderr=stderr
        )
    try:
        for datagram in datagrams[:30]:
            writer.message(1, 2, datagram)
        assert wait_until(lambda: out.read_bytes().count(b"\n") > 20)
        assert command.poll() is None
        for datagram in datagrams[30:]:
            writer.message(1, 2, datagram)
        writer.closed(1, 3, {})
        writer.close()
        assert command.wait(TIMEOUT) == 0
    finally:
        command.kill()
        command.wait()
    assert "nobody writes" in err.read_text()
    assert run(["print", str(writer.path), "--format", "json"]) == 0
    assert capfd.readouterr().out == out.read_text()
    assert len([json.loads(line) for line in out.read_text().splitlines()]) == 62


def test_a_signal_ends_it(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    writer.opened(1, 1, {})
    out = tmp_path / "out"
    with out.open("wb") as stdout:
        words = ["print", "--follow", str(writer.path)]
        command = subprocess.Popen([sys.executable, "-m", "gvtui", *words], stdout=stdout)
    assert wait_until(lambda: b"accepted" in out.read_bytes())
    command.send_signal(signal.SIGINT)
    assert command.wait(TIMEOUT) == 0
    writer.close()


@pytest.mark.parametrize(
    "words",
    [
        ["print", "--follow"],
        ["print", "--follow", "x", "--stats"],
        ["replay", "--follow", "x", "--speed", "2"],
    ],
)
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    assert "--follow" in capsys.readouterr().err
