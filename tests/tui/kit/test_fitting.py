from __future__ import annotations

from pathlib import Path

from tests.monitor.sandbox import wait_until
from tests.tui.held import Held


def test_no_frame_shows_lines_that_are_laid_out_for_another_size(tmp_path: Path) -> None:
    with Held(tmp_path) as terminal:
        # A screen comes in pieces if the terminal is read before all of it is written.
        assert wait_until(lambda: terminal.shows("container/start") and terminal.shows("Sandboxes"))
        # The sidebar, in the very first frame.
        frames = [*terminal.frames, terminal.screen.display]
        first = next(frame for frame in frames if "Sandboxes" in "".join(frame))
        assert any(line.startswith(" Sandboxes   ") for line in first)
        headings = [line_with(" time ", terminal.screen.display)]
        for key, words in (("3", "system call"), ("1", " time "), ("2", " process ")):
            terminal.frames.clear()
            terminal.type(key)
            assert wait_until(lambda words=words: terminal.shows(words))  # type: ignore[misc]
            headings.append(line_with(words, terminal.screen.display))
            for frame in terminal.frames:
                assert any(line.startswith(tuple(headings[-2:])) for line in frame), "\n".join(
                    [key, *frame]
                )


def line_with(words: str, lines: list[str]) -> str:
    """The beginning of the first line with some words; the end is another pane's."""
    return next(line for line in lines if words in line)[:110]
