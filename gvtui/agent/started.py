"""Remembers the flags with which a runsc has run a sandbox on this machine, for advice to users."""

from __future__ import annotations

import json
import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING

import platformdirs

from gvtui.files import open_to_read, write_whole

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES = 1 << 16
_MAX_RUNSC = 16


def _place() -> Path:
    return platformdirs.user_state_path("gvtui") / "runsc-flags.json"


def note_flags(runsc: str, flags: tuple[str, ...]) -> None:
    """Remember that a runsc has run a sandbox with these flags; does nothing if it cannot."""
    with suppress(OSError):
        known = {path: each for path, each in _read().items() if path != runsc}
        kept = dict(list(known.items())[-_MAX_RUNSC + 1 :])
        place = _place()
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        noted = {**kept, runsc: {"changed": os.stat(runsc).st_mtime_ns, "flags": list(flags)}}
        write_whole(place, json.dumps(noted, indent=1).encode(), mode=0o600)


def start_words(session: str, runsc: str = "") -> str:
    """A command line for the user that starts a sandbox with a pod init file.

    It has the flags that `gvtui doctor` has found to work here, if it has, and the file has not
    changed since.

    Args:
        session: the file, as the command line has it.
        runsc: the runsc to start it with; the one that worked last if "".
    """
    path, flags = _known(runsc)
    words = [path or "runsc", *flags, f"--pod-init-config={session}"]
    return f"{shlex.join(words)} do COMMAND"


def _known(runsc: str) -> tuple[str, list[str]]:
    noted = _read()
    for path in [runsc] if runsc else reversed(noted):
        entry = noted.get(path)
        if not isinstance(entry, dict):
            continue
        flags = entry.get("flags")
        with suppress(OSError):
            if os.stat(path).st_mtime_ns == entry.get("changed") and isinstance(flags, list):
                return path, [flag for flag in flags if isinstance(flag, str)]
    return runsc, []


def _read() -> dict[str, object]:
    try:
        with open_to_read(_place()) as file:
            values = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
