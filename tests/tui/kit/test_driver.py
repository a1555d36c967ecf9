from __future__ import annotations

import io
from pathlib import Path

from textual.drivers._writer_thread import WriterThread

from gvtui.tui.kit.driver import LostTerminal
from tests.trace.recorder import TRACES
from tests.tui.terminal import OnTerminal


class Gone(io.StringIO):
    """A terminal that hangs up."""

    hung_up = False

    def write(self, text: str) -> int:
        if self.hung_up:
            raise OSError(5, "Input/output error")
        return super().write(text)

    def flush(self) -> None:
        if self.hung_up:
            raise OSError(5, "Input/output error")


def test_output_goes_to_the_terminal_while_it_is_there() -> None:
    file = Gone()
    terminal = LostTerminal(file)
    assert terminal.write("a") == 1
    terminal.flush()
    assert file.getvalue() == "a"
    assert not terminal.is_lost
    assert not terminal.isatty()


def test_letters_that_run_from_right_to_left_stay_in_their_cells() -> None:
    file = Gone()
    text = "│ \u05d0\u05d1 12 │\x1b[1m\u0627\x1b[0m"
    assert LostTerminal(file).write(text) == len(text)
    assert file.getvalue() == ("│ \u2068\u05d0\u05d1\u2069 12 │\x1b[1m\u2068\u0627\u2069\x1b[0m")


def test_a_terminal_that_has_gone_holds_nobody_up() -> None:
    file = Gone()
    terminal = LostTerminal(file)
    file.hung_up = True
    writer = WriterThread(terminal)  # type: ignore[arg-type]
    writer.start()
    for _ in range(500):
        writer.write("x")
    writer.stop()
    assert not writer.is_alive()
    assert terminal.is_lost
    terminal.flush()


def test_a_screen_is_drawn_on_the_terminal_and_not_into_a_file_of_errors(tmp_path: Path) -> None:
    words = ["replay", str(TRACES / "shell-2024.trace"), "--fresh"]
    path = tmp_path / "errors"
    with path.open("wb") as errors, OnTerminal(*words, environ={}, errors=errors) as viewer:
        viewer.wait_for("container/start")
        viewer.type("q")
        assert viewer.end() == (0, "")
    assert path.read_bytes() == b""
