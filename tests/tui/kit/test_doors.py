from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input

from gvtui.ending import ending_asks
from gvtui.errors import GvtuiError
from tests.monitor.sandbox import wait_until
from tests.trace.recorder import TRACES
from tests.tui.helpers import catch_up, drive, recording, until
from tests.tui.terminal import MOUSE, OnTerminal

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot


def test_nothing_is_done_before_and_after_the_screen() -> None:
    app = recording()
    done: list[str] = []
    app.while_up(done.append, "before")
    assert not app.is_up

    async def script(pilot: Pilot[int]) -> None:
        app.while_up(done.append, "while")
        app.after(0.01, lambda: done.append("after"))
        await until(pilot, lambda: "after" in done)

    drive(app, script)
    app.while_up(done.append, "behind")
    assert done == ["while", "after"]


def test_a_thread_hands_what_it_found_to_the_screens_thread() -> None:
    app = recording()
    found: list[tuple[str, bool]] = []

    async def script(pilot: Pilot[int]) -> None:
        here = threading.get_ident()

        def work() -> int:
            return threading.get_ident()

        def take(there: int) -> None:
            found.append(("other" if there != here else "same", threading.get_ident() == here))

        app.in_thread(work, take)
        await until(pilot, lambda: bool(found))
        assert found == [("other", True)]

    drive(app, script)


def test_an_error_of_a_thread_is_told_or_taken() -> None:
    app = recording()
    taken: list[Exception] = []

    async def script(pilot: Pilot[int]) -> None:
        def refuse() -> None:
            raise GvtuiError("it cannot be done")

        app.in_thread(refuse, lambda _: None, taken.append)
        await until(pilot, lambda: bool(taken))
        assert str(taken[0]) == "it cannot be done"
        app.in_thread(refuse, lambda _: None)
        await until(
            pilot,
            lambda: any("it cannot be done." in note.message for note in app._notifications),
        )

    drive(app, script)


def test_what_a_thread_finds_when_the_screen_has_gone_is_dropped() -> None:
    app = recording()
    go = threading.Event()
    found: list[int] = []

    async def script(pilot: Pilot[int]) -> None:
        app.in_thread(lambda: int(go.wait(120)), found.append)
        app.exit()
        go.set()

    drive(app, script)
    assert not found


def test_a_signal_ends_the_app_between_two_steps() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.end(signal.SIGTERM)
        app.end(signal.SIGHUP)
        assert app.is_up
        await until(pilot, lambda: not app.is_up)

    drive(app, script)
    assert app.ended_by == signal.SIGTERM
    assert app.fault is None


def test_a_signal_before_the_screen_is_there_waits_for_it() -> None:
    app = recording()
    app.end(signal.SIGTERM)
    asyncio.run(app.run_async(headless=True))
    app.model.trace.close()
    assert app.fault is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_program_that_has_the_terminal_too(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = recording()
    # Without a terminal there is nothing to lend.
    monkeypatch.setattr(app, "suspend", contextlib.nullcontext)
    lent: list[bool] = []

    async def script(pilot: Pilot[int]) -> None:
        with ending_asks(app.end):
            threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
            app.run_over([sys.executable, "-c", "import signal; signal.pause()"])
            lent.append(True)

    drive(app, script)
    assert lent
    assert app.ended_by == number


def test_an_app_without_a_terminal_keeps_what_it_would_send() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        app.send_to_clipboard("text")
        assert app.clipboard == "text"
        app.take_mouse(False)
        assert app.has_mouse

    drive(app, script)


def test_y_in_a_list_copies_its_line() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("3")
        # Its counts go on while the analysis reads.
        await until(pilot, lambda: bool(app.focused_line))
        catch_up(app)
        line = app.focused_line
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard == line)
        assert "  " in line

    drive(app, script)


def test_the_terminal_is_asked_for_its_clipboard_and_its_mouse(own_home: Path) -> None:
    environ = {"TMUX": ""}
    trace = str(TRACES / "shell-2024.trace")
    with OnTerminal("replay", trace, environ=environ) as terminal:
        terminal.wait_for("container/start")
        terminal.type("y")
        terminal.wait_for("\x1b]52;c;")
        terminal.wait_for("through the terminal")
        sent = terminal.output.partition(b"\x1b]52;c;")[2].partition(b"\a")[0]
        assert b"sandbox runsc-749074 connected" in base64.b64decode(sent)
        on, off = MOUSE
        assert terminal.output.count(off) == 0
        terminal.type("V")
        terminal.wait_for(off.decode())
        count = terminal.output.count(on)
        terminal.type("V")
        assert wait_until(lambda: terminal.output.count(on) == count + 1)
        terminal.type("V")
        terminal.type("q")
        assert terminal.end()[0] == 0


@pytest.mark.parametrize(("value", "counts"), [("", False), ("1", True)])
def test_an_empty_no_color_does_not_count(
    monkeypatch: pytest.MonkeyPatch, value: str, counts: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", value)

    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        assert app.no_color is counts

    drive(app, script)


def test_every_input_takes_what_is_pasted_with_escapes() -> None:
    app = recording()
    hostile, shown = "a\x1b]0;x\x07\x9b31m\u202e", "a\\x1b]0;x\\x07\\x9b31m\\u202e"

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.focused, Input))
        entry = app.focused
        assert isinstance(entry, Input)
        app.post_message(events.Paste(f"{hostile}\nsecond line"))
        await until(pilot, lambda: entry.value == shown)
        app.send_to_clipboard(hostile)
        await pilot.press("ctrl+v")
        await until(pilot, lambda: entry.value == shown * 2)

    drive(app, script)
