"""What commands do with files that are none, or not what they look like."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.seal import seal_path
from tests.trace.factory import read_message, write_trace

COMMANDS = {
    "print": ["print", "{}"],
    "stats": ["print", "{}", "--stats"],
    "info": ["info", "{}"],
    "convert": ["convert", "{}", "out.jsonl"],
    "send": ["send", "{}", "--endpoint", "none.sock"],
    "check": ["session", "check", "{}"],
    "apply": ["session", "apply", "{}", "box"],
    "report": ["report", "{}"],
    "diff": ["diff", "{}", "{other}"],
    "repair": ["repair", "{}", "-o", "out.gvtrace"],
    "cut": ["cut", "{}", "-o", "out.gvtrace"],
    "merge": ["merge", "{}", "{}", "-o", "out.gvtrace"],
    "seal": ["seal", "{}"],
    "attach": ["attach", "{}"],
    "status": ["status", "{}"],
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("what", ["pipe", "device", "folder"])
def test_what_is_no_file_is_told_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, what: str
) -> None:
    path = tmp_path / "x"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path = Path("/dev/zero")
    other = write_trace(tmp_path / "other.gvtrace", [(1, [read_message()])])
    assert run([word.format(path, other=other) for word in COMMANDS[name]]) in (1, 2)
    assert re.search(
        "no regular file|Is a directory|holds no trace|is a directory|no monitor that viewers",
        capfd.readouterr().err,
    )


@pytest.mark.parametrize("command", ["print", "info", "report", "seal"])
def test_a_pipe_in_a_folder_of_segments_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    os.mkfifo(tmp_path / "00000001.gvtrace")
    assert run([command, str(tmp_path)]) == 1
    assert "00000001.gvtrace: it is no regular file" in capfd.readouterr().err


@pytest.mark.parametrize("suffix", ["index", "strings", "marks", "kept", "asof"])
@pytest.mark.parametrize("command", ["print", "info", "report"])
def test_a_pipe_where_a_side_file_should_be_is_left_alone(
    tmp_path: Path, suffix: str, command: str
) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    side = path.with_name(f"a.gvtrace.{suffix}")
    side.unlink(missing_ok=True)
    os.mkfifo(side)
    assert run([command, str(path)]) == 0
    assert side.is_fifo()


def test_a_pipe_where_a_seal_should_be_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    os.mkfifo(seal_path(path))
    assert run(["verify", str(path)]) == 1
    assert "no regular file" in capfd.readouterr().err


def test_a_pipe_where_the_configuration_should_be_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "gvtui").mkdir()
    os.mkfifo(tmp_path / "gvtui" / "config.toml")
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    assert run(["print", str(path), "--format", "json"]) == 0
    assert run(["keys"]) == 0
    capfd.readouterr()
    run(["doctor"])
    assert "config.toml: it is no regular file" in capfd.readouterr().out


def test_links_beside_a_recording_of_another_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    path = write_trace(folder / "a.gvtrace", [(1, [read_message()])])
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for suffix in (".index", ".strings", ".marks"):
        side = path.with_name(path.name + suffix)
        side.unlink(missing_ok=True)
        side.symlink_to(victim)
    folder.chmod(0o777)
    before = sorted(folder.iterdir())
    assert run(["print", str(path)]) == 0
    assert victim.read_text() == "mine"
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("suffix", [".index", ".strings"])
def test_a_recording_takes_no_strange_file_away(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], suffix: str
) -> None:
    strange = tmp_path / f"a.gvtrace{suffix}"
    strange.write_text("my notes")
    source = write_trace(tmp_path / "b.gvtrace", [(1, [read_message()])])
    listen = ["--listen", str(tmp_path / "s"), "--no-realtime", "--for", "0.1"]
    assert run(["record", *listen, "--out", str(tmp_path / "a.gvtrace")]) == 1
    assert "exists already" in capfd.readouterr().err
    assert strange.read_text() == "my notes"
    assert run(["convert", str(source), str(tmp_path / "a.gvtrace")]) == 0
    assert run(["print", str(tmp_path / "a.gvtrace")]) == 0
    assert strange.read_text() == "my notes"
