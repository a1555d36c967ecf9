"""Copies text to a clipboard: the terminal's through OSC 52, tmux's, or with a program.

A terminal does not answer OSC 52, so gvtui cannot know whether it worked. tmux accepts OSC 52 from
programs inside it only if its option `set-clipboard` is `on`; with the default, `external`, it
ignores the sequence. Source: tmux(1). Inside tmux gvtui uses `tmux load-buffer -w`, which also
passes the text to the terminal outside.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.errors import GvtuiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

TERMINAL_BYTES = 74_994
"""How many bytes of text are sent to a terminal: as base64 in its sequence, they are the 100,000
bytes that terminals commonly accept."""
PROGRAM_BYTES = 1 << 20
"""How many bytes of text are sent to a program."""
SECONDS = 5.0
"""How many seconds a program may take."""

_MAX_SAID = 200
_TMUX_ASKED = ("tmux", "show-options", "-sv", "set-clipboard")
_TMUX_TAKES = ("tmux", "load-buffer", "-w", "-")


class CopyError(GvtuiError):
    """A text could not be copied."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a clipboard."""

    command: tuple[str, ...] = ()
    """The program that reads the text; empty for the terminal itself."""
    bytes: int = TERMINAL_BYTES
    """How many bytes of text it accepts."""

    @property
    def words(self) -> str:
        """The way in words, as the end of a sentence."""
        if self.command == _TMUX_TAKES:
            return "through tmux"
        if self.command:
            return f"through {escape(self.command[0], 40)}"
        return "through the terminal"


TERMINAL = Way()


def find_way(configured: Sequence[str], environment: Mapping[str, str]) -> Way:
    """Find the way to copy here; may run tmux, and so may take a moment.

    Args:
        configured: the program that the user wants, with its arguments; empty for none.
        environment: the variables of this process; `TMUX` is set inside tmux.

    Raises:
        CopyError: tmux does not answer.
    """
    if configured:
        return Way(tuple(configured), PROGRAM_BYTES)
    if environment.get("TMUX") and run_program(_TMUX_ASKED, b"").strip() != b"on":
        return Way(_TMUX_TAKES, PROGRAM_BYTES)
    return TERMINAL


def cut(text: str, most_bytes: int) -> str:
    """The beginning of a text that fits into so many bytes of UTF-8."""
    data = text.encode()
    return text if len(data) <= most_bytes else data[:most_bytes].decode(errors="ignore")


def run_program(command: Sequence[str], data: bytes, seconds: float = SECONDS) -> bytes:
    """Run a program, without a shell, with data at its standard input.

    Raises:
        CopyError: the program cannot be started, takes too long, or fails.

    Returns:
        The beginning of its output.
    """
    name = escape(command[0], 40)
    # Files, not pipes: xclip and wl-copy leave a child behind that keeps these open while it owns
    # the clipboard.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=complaints,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise CopyError(f"cannot start {name}: {reason}") from error
        try:
            process.communicate(data, seconds)
        except subprocess.TimeoutExpired as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise CopyError(f"{name} did not end within {seconds:g} s") from error
        if process.returncode:
            raise CopyError(f"{name} {_ended(process.returncode)}{_said(complaints)}")
        out.seek(0)
        return out.read(_MAX_SAID)


def _ended(code: int) -> str:
    return f"ended with code {code}" if code > 0 else f"was ended by signal {-code}"


def _said(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    said = complaints.read(_MAX_SAID).decode(errors="surrogateescape").strip()
    return f": {escape(said, _MAX_SAID)}" if said else ""
