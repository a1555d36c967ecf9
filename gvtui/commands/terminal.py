"""Writes a command's output and progress to the terminal, and checks that there is one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError

if TYPE_CHECKING:
    from collections.abc import Iterable


class NoTerminalError(GvtuiError):
    """The viewer has no terminal to draw on."""


def need_terminal(instead: str) -> None:
    """Make sure that there is a terminal.

    Args:
        instead: a command that needs no terminal.

    Raises:
        NoTerminalError: there is no terminal, or it cannot move its cursor.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoTerminalError(f"the viewer needs a terminal; without one, use: {instead}")
    if os.environ.get("TERM", "dumb") == "dumb":
        raise NoTerminalError(
            "the viewer needs a terminal that can move its cursor, but TERM is "
            f"{os.environ.get('TERM') or 'not set'}; without one, use: {instead}"
        )


def fit_encoding() -> None:
    """Have characters that the encoding of standard output lacks written as `\\xe4`: none of them
    must end the command."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def write_lines(lines: Iterable[str]) -> None:
    """Write lines, which are given without their ends, as `write_out` does."""
    write_out("".join(f"{line}\n" for line in lines))


def write_out(text: str) -> None:
    """Write to standard output, at once and in full.

    On a terminal letters that run from right to left put no word around them into another place.

    Raises:
        BrokenPipeError: the reader has closed the pipe.
    """
    stream = sys.stdout
    stream.flush()
    if stream.isatty() and not text.isascii():
        from gvtui.decode.escape import isolated

        text = isolated(text)
    data = memoryview(text.encode(stream.encoding, stream.errors or "strict"))
    # Python's buffer loses the rest of a write that a signal has interrupted.
    while data:
        data = data[os.write(stream.fileno(), data) :]


def say_progress(done: int, total: int) -> None:
    """Show the progress of long work, if standard error is a terminal."""
    if sys.stderr.isatty():
        text = f"\r{done / max(total, 1):.0%}" if done < total else ""
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
