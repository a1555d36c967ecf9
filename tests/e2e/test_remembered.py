"""The real program, started twice: what it looks like then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.test_terminal import GVTUI, Terminal
from tests.trace.factory import TRACES

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("tmux")]

REPLAY = f"{GVTUI} replay {TRACES / 'shell-2024.trace'}"


def leave(terminal: Terminal) -> None:
    terminal.keys("q")
    terminal.wait_for("ended 0")
    terminal.close()


def opened(command: str) -> Terminal:
    terminal = Terminal(command, 120, 40)
    terminal.wait_for("2,171 rows")
    return terminal


def test_looks_are_remembered_and_fresh_leaves_them(own_home: Path) -> None:
    first = opened(REPLAY)
    first.wait_until_gone("since start")
    first.keys("t")
    first.wait_for("since start")
    first.keys("C-t")
    first.keys("C")
    first.wait_for("● tid")
    first.keys("Down", "Down", "Down", "Enter")
    first.wait_for("○ process|○ tid")
    first.keys("q")
    leave(first)
    state = own_home / "state" / "gvtui" / "viewer.json"
    told = json.loads(state.read_text())["viewer"]
    assert told["screen"]["theme"] == "gvtui-light"
    assert told["stream"]["time"] == "since_first"
    assert len(told["stream"]["hidden"]) == 1

    again = opened(REPLAY)
    again.wait_for("since start")
    leave(again)
    assert json.loads(state.read_text())["viewer"] == told

    fresh = opened(f"{REPLAY} --fresh")
    fresh.wait_until_gone("since start")
    fresh.keys("t")
    fresh.wait_for("since start")
    fresh.keys("t")
    fresh.wait_for("since above")
    leave(fresh)
    assert json.loads(state.read_text())["viewer"] == told


def test_the_live_viewer_shares_it_and_a_damaged_file_costs_nothing(
    own_home: Path, tmp_path: Path
) -> None:
    state = own_home / "state" / "gvtui" / "viewer.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"version": 1, "viewer": {"stream": {"time": "since_first"}}}')
    live = Terminal(f"{GVTUI} --listen {tmp_path / 's'}", 120, 40)
    live.wait_for("since start|no sandbox|Waiting|waiting")
    leave(live)
    assert json.loads(state.read_text())["viewer"]["stream"]["time"] == "since_first"

    state.write_text("{")
    live = Terminal(f"{GVTUI} --listen {tmp_path / 's'}", 120, 40)
    live.wait_for("Sandboxes")
    live.keys("C-l")
    live.wait_for("nothing is remembered:")
    live.wait_for("viewer.json is damaged")
    live.keys("q")
    leave(live)
    assert json.loads(state.read_text())["version"] == 1
