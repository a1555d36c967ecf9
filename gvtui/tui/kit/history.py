"""The history of a prompt, stored in a file from one run to the next."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import platformdirs

from gvtui.files import appended, open_to_read, write_whole

MAX_ENTRIES = 500

_MAX_FILE = 1 << 20
_MAX_ENTRY = 4096


def filter_history_path() -> Path:
    """The file with the history of filters."""
    return Path(platformdirs.user_state_dir("gvtui"), "filters")


def command_history_path() -> Path:
    """The file with the history of commands."""
    return Path(platformdirs.user_state_dir("gvtui"), "commands")


class History:
    """Entries, oldest first, and a position among them.

    Errors of the file are ignored, so that they never keep the user from filtering.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[str] = []
        self._place: int | None = None
        self._typed = ""

    def begin(self) -> None:
        """Read the file again, with entries of other viewers, and go after the newest entry."""
        self._entries = self._read()
        self._place = None

    def _read(self) -> list[str]:
        data = b""
        with contextlib.suppress(OSError), open_to_read(self._path) as source:
            source.seek(0, os.SEEK_END)
            source.seek(max(0, source.tell() - _MAX_FILE))
            data = source.read(_MAX_FILE)
        lines = data.decode(errors="replace").split("\n")
        good = [line for line in lines if line.strip() and line.isprintable()]
        # Of equal entries only the newest is kept.
        return list(reversed(dict.fromkeys(reversed(good))))[-MAX_ENTRIES:]

    @property
    def is_browsing(self) -> bool:
        """Whether the prompt shows an old entry."""
        return self._place is not None

    def stop(self) -> None:
        """Go after the newest entry again, because the user has changed the text."""
        self._place = None

    def move(self, step: int, typed: str) -> str | None:
        """The entry before (-1) or after (1); `typed` after the newest; None at the ends."""
        place = len(self._entries) if self._place is None else self._place
        if self._place is None:
            self._typed = typed
        place += step
        if not 0 <= place <= len(self._entries):
            return None
        if place == len(self._entries):
            self._place = None
            return self._typed
        self._place = place
        return self._entries[place]

    def add(self, text: str) -> None:
        """Add an entry; one with characters that a line cannot hold is left out."""
        text = text.strip()
        if not text or not text.isprintable() or len(text) > _MAX_ENTRY:
            return
        self._entries = [entry for entry in self._entries if entry != text] + [text]
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            too_large = self._path.exists() and self._path.stat().st_size > _MAX_FILE // 2
            if too_large:
                self._write(self._read())
            with appended(self._path) as out:
                out.write(f"{text}\n".encode())

    def _write(self, entries: list[str]) -> None:
        text = "".join(f"{entry}\n" for entry in entries)
        write_whole(self._path, text.encode(), mode=0o600)
