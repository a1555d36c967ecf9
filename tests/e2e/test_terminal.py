"""The real program in a real terminal, tmux's."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.commands import play
from tests.e2e.containers import wait_until
from tests.monitor.sandbox import FakeSandbox
from tests.processes import child_of
from tests.trace.factory import TRACES, recorded_datagrams

pytestmark = pytest.mark.e2e

GVTUI = f"{sys.executable} -m gvtui"


def rows(least: int) -> str:
    """What the head says of so many rows of a live view, or of a few more.

    The monitor notes some things in rows of its own: that it had no processor for seconds, or that a
    sandbox has gone.
    """
    return rf"\b({'|'.join(f'{count:,}' for count in range(least, least + 5))}) rows"


class Terminal:
    """A tmux server of its own with one window. `close` ends all that runs in it."""

    def __init__(self, command: str, columns: int = 130, lines: int = 40) -> None:
        self._server = f"gvtui-{uuid.uuid4().hex[:8]}"
        size = ["-x", str(columns), "-y", str(lines)]
        self.tmux("-f", os.devnull, "new-session", "-d", *size, f"{command}; echo ended $?; cat")

    def tmux(self, *words: str) -> str:
        """Have its tmux do something; gives what that prints."""
        done = subprocess.run(
            ["tmux", "-L", self._server, *words],
            capture_output=True,
            text=True,
            check=True,
            # Named, since readline puts LINES and COLUMNS where only children see them.
            env=dict(os.environ),
        )
        return done.stdout

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.tmux("send-keys", *keys)

    @property
    def screen(self) -> str:
        """What is on the screen."""
        return self.tmux("capture-pane", "-p")

    @property
    def program(self) -> int:
        """The process of the program in the window."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        return child_of(int(shell))

    @property
    def copied(self) -> str:
        """What its newest buffer holds; "" while it has none."""
        return self.tmux("show-buffer") if self.tmux("list-buffers") else ""

    def wait_for(self, *patterns: str) -> str:
        """Wait until the screen shows all of these at once; gives the screen."""
        seen = [""]

        def shows_all() -> bool:
            seen[0] = self.screen
            return all(re.search(pattern, seen[0]) for pattern in patterns)

        assert wait_until(shows_all), seen[0]
        return seen[0]

    def wait_until_gone(self, pattern: str) -> None:
        """Wait until the screen shows something no more."""
        assert wait_until(lambda: re.search(pattern, self.screen) is None), self.screen

    def close(self) -> None:
        """End it."""
        self.tmux("kill-server")


@pytest.fixture
def live(tmux: None, tmp_path: Path) -> Iterator[tuple[Terminal, Path]]:
    """The viewer, listening, and its socket."""
    socket = tmp_path / "s"
    terminal = Terminal(f"XDG_CACHE_HOME={tmp_path}/cache {GVTUI} --listen {socket}")
    try:
        assert wait_until(socket.exists), terminal.screen
        yield terminal, socket
    finally:
        terminal.close()


def test_what_is_sent_is_on_the_screen_and_filters_narrow_it(live: tuple[Terminal, Path]) -> None:
    terminal, socket = live
    play(socket, "shell-2024")
    terminal.wait_for(rows(2171), "runsc-749074")
    terminal.keys("End")
    terminal.wait_for(r"sentry/task_exit|exit_group")

    terminal.keys("x")
    terminal.wait_for(r"[\d,]+ of 2,17\d")
    terminal.wait_until_gone(r" E → .*execve\(")

    terminal.keys("?")
    terminal.wait_for(r"Pause, or follow the newest rows")
    terminal.keys("Escape")
    # Only then the next key: an escape that others follow at once is a part of theirs.
    terminal.wait_until_gone("Pause, or follow the newest rows")

    terminal.keys("q")
    terminal.wait_for(r"ended 0")
    assert wait_until(lambda: not socket.exists())


def test_a_second_viewer_attaches_to_the_monitor_of_the_first(
    live: tuple[Terminal, Path], tmp_path: Path
) -> None:
    first, socket = live
    datagrams = recorded_datagrams("shell-2024")[:400]
    sandbox = FakeSandbox(socket)
    sandbox.send(*datagrams[:200])
    first.wait_for(rows(201))
    home = f"XDG_CACHE_HOME={tmp_path}/cache XDG_STATE_HOME={tmp_path}/state"
    second = Terminal(f"{home} {GVTUI} --listen {socket}", 80, 24)
    try:
        second.wait_for(rows(201))
        first.wait_for("Another viewer attaches")
        sandbox.send(*datagrams[200:])
        for each in (first, second):
            each.wait_for(rows(401))
        second.keys("q")
        second.wait_for("What should happen")
        second.keys("Down", "Enter")
        second.wait_for(r"goes on, and writes[\s\S]*ended 0")
        sandbox.send(*datagrams[:1])
        first.wait_for(rows(402))
        first.keys("q")
        first.wait_for("What should happen")
        first.keys("Enter")
        first.wait_for(r"the monitor has ended, and its trace is not kept[\s\S]*ended 0")
        assert sandbox.was_closed()
    finally:
        second.close()
        sandbox.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_end_by_a_signal_leaves_nothing_behind(
    live: tuple[Terminal, Path], tmp_path: Path, number: signal.Signals
) -> None:
    terminal, socket = live
    terminal.wait_for(r"No sandbox has connected")
    os.kill(terminal.program, number)
    terminal.wait_for(rf"ended {128 + number}")
    assert wait_until(lambda: not socket.exists())
    assert wait_until(lambda: not list((tmp_path / "cache").rglob("*.gvtrace")))


def test_a_terminal_that_goes_takes_the_program_with_it(
    tmux: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    socket = tmp_path / "s.sock"
    terminal = Terminal(f"{GVTUI} --listen {socket}")
    terminal.wait_for(r"No sandbox has connected")
    program = Path(f"/proc/{terminal.program}")
    terminal.close()
    assert wait_until(lambda: not program.exists())
    assert wait_until(lambda: not socket.exists())
    assert wait_until(lambda: not list((tmp_path / "cache").rglob("*.gvtrace")))


def test_ctrl_z_stops_the_viewer_and_no_sandbox(tmux: None, tmp_path: Path) -> None:
    socket = tmp_path / "s"
    command = f"XDG_CACHE_HOME={tmp_path}/cache {GVTUI} --listen {socket}"
    terminal = Terminal("bash --norc -i", 200, 40)
    try:
        terminal.keys(command, "Enter")
        terminal.wait_for(r"No sandbox has connected")
        terminal.keys("C-z")
        terminal.wait_for(r"Stopped")
        play(socket)
        terminal.keys("fg", "Enter")
        terminal.wait_for(rows(12))
        # What has not changed is drawn again too.
        terminal.wait_for(r"1 Stream +2 Processes")
        terminal.wait_for(r"no filter +p this process")
        terminal.keys("q")
        assert wait_until(lambda: not socket.exists())
    finally:
        terminal.close()


def test_a_recording_in_the_viewer(tmux: None) -> None:
    terminal = Terminal(
        f"{GVTUI} replay {TRACES / 'network-2024.trace'} --filter 'evt.type = connect'"
    )
    try:
        terminal.wait_for(r"ECONNREFUSED", "of 1,719")
        terminal.keys("q")
        terminal.wait_for(r"ended 0")
    finally:
        terminal.close()


def test_a_small_terminal_will_do(tmux: None) -> None:
    terminal = Terminal(f"{GVTUI} replay {TRACES / 'shell-2022.trace'}", 80, 24)
    try:
        terminal.wait_for(r"openat|execve|brk")
        terminal.keys("q")
        terminal.wait_for(r"ended 0")
    finally:
        terminal.close()


def test_keys_of_the_users_own_commands_that_are_typed_ways_back_and_the_zoom(
    tmux: None, tmp_path: Path
) -> None:
    config = tmp_path / "config" / "gvtui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        '[keys]\n"filter.add evt.failed = true" = "Ctrl+E"\n"tabs.show numbers" = "F10"\n'
        '"filter.pit" = "x"\n'
    )
    places = f"XDG_CONFIG_HOME={tmp_path}/config XDG_STATE_HOME={tmp_path}/state"
    terminal = Terminal(f"{places} {GVTUI} replay {TRACES / 'shell-2024.trace'}", 80, 24)
    try:
        screen = terminal.wait_for(r"filter\.pid\?", "F10 Numbers")
        assert "line 4: filter.pit" in " ".join(screen.replace("▌", " ").split())
        terminal.keys("C-e")
        terminal.wait_for(r"68 of 2,171")

        terminal.keys(":")
        terminal.wait_for(r"(?m)^ : ")
        terminal.keys("tabs.sow numbers", "Enter")
        terminal.wait_for(r"\^ there is no command tabs.sow; did you mean tabs.show\?")
        # All at once, as a script sends it: each key acts when the one before it has.
        terminal.keys("C-u", "tabs.show num", "Tab", "Enter")
        terminal.wait_for(r"syscalls +processes")
        terminal.keys("Escape")
        terminal.wait_for(r"(?m)^▌.*✗ ENOENT")

        terminal.keys("z")
        terminal.wait_for(r"zoomed z")
        assert wait_until(lambda: terminal.screen.count("✗") > 15), terminal.screen
        terminal.wait_until_gone("Numbers")
        terminal.keys("Escape")
        terminal.wait_for(r"F10 Numbers")
        terminal.keys("g", "j")
        terminal.wait_for(r"(?m)^▌.*rseq")
        terminal.keys("G")
        terminal.wait_until_gone("‖")
        terminal.keys(":")
        terminal.wait_for(r"(?m)^ : ")
        terminal.keys("Up")
        terminal.wait_for(r"(?m)^ : tabs.show numbers")
        terminal.keys("C-c")
        terminal.wait_until_gone(" : tabs.show")
        terminal.keys("C-c")
        terminal.wait_for(r"ended 0")
    finally:
        terminal.close()


def test_a_key_that_the_terminal_library_uses_can_be_given_away(tmux: None, tmp_path: Path) -> None:
    config = tmp_path / "config" / "gvtui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        'theme = "drak"\n[keys]\n"screen.focus 1" = "F11"\n"filter.add evt.failed = true" = "Tab"\n'
    )
    places = f"XDG_CONFIG_HOME={tmp_path}/config XDG_STATE_HOME={tmp_path}/state"
    terminal = Terminal(f"{places} {GVTUI} replay {TRACES / 'shell-2024.trace'}", 120, 40)
    try:
        terminal.wait_for(r"drak")
        terminal.keys("Tab")
        terminal.wait_for(r"68 of 2,171")
        terminal.keys("q")
        terminal.wait_for(r"ended 0")
    finally:
        terminal.close()


def test_errors_in_a_file_leave_the_screen_on_the_terminal(tmux: None, tmp_path: Path) -> None:
    errors = tmp_path / "errors"
    terminal = Terminal(f"{GVTUI} replay {TRACES / 'shell-2024.trace'} 2>{errors}", 80, 24)
    try:
        terminal.wait_for(r"2,171 rows")
        terminal.keys("q")
        terminal.wait_for(r"ended 0")
    finally:
        terminal.close()
    assert errors.read_bytes() == b""
